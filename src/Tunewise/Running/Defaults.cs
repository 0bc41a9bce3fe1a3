namespace Tunewise.Running;

/// <summary>Tells whether a sampler or pruner has a member of its own where the interface has a default that does nothing.</summary>
internal static class Defaults
{
    /// <summary>Whether <paramref name="implementation"/> does not leave <paramref name="method"/> to <typeparamref name="TInterface"/>.</summary>
    public static bool Replaces<TInterface>(TInterface implementation, string method)
        where TInterface : notnull
    {
        var map = implementation.GetType().GetInterfaceMap(typeof(TInterface));
        var index = Array.FindIndex(map.InterfaceMethods, m => m.Name == method);
        return map.TargetMethods[index]?.DeclaringType != typeof(TInterface);
    }
}
