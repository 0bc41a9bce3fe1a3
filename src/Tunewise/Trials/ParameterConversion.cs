using System.Globalization;
using Tunewise.Spaces;

namespace Tunewise;

/// <summary>Turns external parameter values into the types a user asks for.</summary>
internal static class ParameterConversion
{
    public static T To<T>(string name, object? value)
    {
        if (value is T same) return same;
        return (T)To(typeof(T), name, value)!;
    }

    public static object? To(Type wanted, string name, object? value)
    {
        var type = Nullable.GetUnderlyingType(wanted) ?? wanted;
        if (value is null)
        {
            return !wanted.IsValueType || type != wanted
                ? null
                : throw new InvalidCastException($"parameter '{name}' is null, which a {wanted.Name} cannot be");
        }

        if (type.IsInstanceOfType(value)) return value;
        if (type.IsEnum && value is string text && Enum.TryParse(type, text, out var parsed)) return parsed;
        if (value is long or double && type.IsPrimitive && type != typeof(bool) && type != typeof(char))
        {
            try
            {
                var converted = Convert.ChangeType(value, type, CultureInfo.InvariantCulture);
                // 1.5 as an int would silently round.
                if (Convert.ToDouble(converted, CultureInfo.InvariantCulture) == Convert.ToDouble(value, CultureInfo.InvariantCulture)
                    || type == typeof(float))
                {
                    return converted;
                }
            }
            catch (OverflowException)
            {
                // It is not in the range of the type.
            }
        }

        throw new InvalidCastException($"parameter '{name}' is {Choice.Describe(value)}, which is not a {type.Name}");
    }
}
