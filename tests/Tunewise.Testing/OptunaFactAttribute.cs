namespace Tunewise.Testing;

/// <summary>
/// Runs where a Python with Optuna is installed, and for servers the driver that Optuna needs; skipped by name elsewhere.
/// </summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OptunaFactAttribute : FactAttribute
{
    public OptunaFactAttribute()
    {
        Skip = StorageNeedsAttribute.Missing;
        if (Skip is null && !PythonWithOptuna.IsHere) Skip = "needs a Python with Optuna (on Debian: python3-optuna)";
        if (Skip is null && StorageNeedsAttribute.IsServer && !PythonWithOptuna.HasPostgres)
            Skip = "needs a Python with psycopg2 (on Debian: python3-psycopg2)";
    }
}
