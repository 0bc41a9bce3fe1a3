using System.Collections.Concurrent;
using System.Reflection;
using TorchSharp;

namespace Tunewise.Torch;

/// <summary>
/// Finds every tensor that a model can reach: its parameters and buffers, and whatever else stands in fields, collections and closures of its modules. Modules with native parts
/// (recurrent ones, embeddings, attention, transformers) have no fields for their parameters; they name them.
/// </summary>
internal static class HeldTensors
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private static readonly Assembly TorchSharp = typeof(torch.Tensor).Assembly;
    private static readonly ConcurrentDictionary<Type, FieldInfo[]> Fields = [];
    private static readonly ConcurrentDictionary<Assembly, bool> UseTorch = [];

    /// <summary>The tensors that a model holds, each once.</summary>
    public static IReadOnlyCollection<torch.Tensor> Of(torch.nn.Module model)
    {
        var tensors = new HashSet<torch.Tensor>(ReferenceEqualityComparer.Instance);
        var seen = new HashSet<object>(ReferenceEqualityComparer.Instance);
        var open = new Stack<object>([model]);
        while (open.TryPop(out var next))
        {
            if (next is torch.Tensor tensor)
            {
                tensors.Add(tensor);
                continue;
            }

            if (!next.GetType().IsValueType && !seen.Add(next)) continue;
            if (next is torch.nn.Module module)
            {
                foreach (var parameter in module.parameters(false)) open.Push(parameter);
                foreach (var buffer in module.buffers(false)) open.Push(buffer);
                foreach (var child in module.children()) open.Push(child);
            }

            if (next is Array array)
            {
                foreach (var item in array)
                {
                    if (item is not null && MayHold(item.GetType())) open.Push(item);
                }

                continue;
            }

            foreach (var field in Fields.GetOrAdd(next.GetType(), FieldsOf))
            {
                if (field.GetValue(next) is { } value && MayHold(value.GetType())) open.Push(value);
            }
        }

        return tensors;
    }

    private static FieldInfo[] FieldsOf(Type type)
    {
        var fields = new List<FieldInfo>();
        for (var t = type; t is not null; t = t.BaseType) fields.AddRange(t.GetFields(Declared).Where(f => !f.FieldType.IsPrimitive && !f.FieldType.IsPointer && !f.FieldType.IsByRefLike));
        return [.. fields];
    }

    /// <summary>
    /// Whether objects of a type may hold tensors: collections, tuples and closures of .NET, and types of assemblies that use TorchSharp. So a module that knows, say, its trial does not
    /// lead through the whole study.
    /// </summary>
    private static bool MayHold(Type type)
    {
        if (type.IsPrimitive || type.IsEnum || type == typeof(string) || type.IsPointer) return false;
        if (type.IsArray) return MayBeHeldIn(type.GetElementType()!);
        if (typeof(Delegate).IsAssignableFrom(type)) return true;
        if (type.Namespace?.StartsWith("System", StringComparison.Ordinal) == true)
            return type.IsGenericType && type.GetGenericArguments().Any(MayBeHeldIn) || type.Namespace.StartsWith("System.Collections", StringComparison.Ordinal);
        return type.Assembly == TorchSharp || UseTorch.GetOrAdd(type.Assembly, a => a.GetReferencedAssemblies().Any(r => r.Name == TorchSharp.GetName().Name));
    }

    private static bool MayBeHeldIn(Type type) => type == typeof(object) || type.IsInterface || type.IsAbstract || MayHold(type);
}
