using System.Collections.Concurrent;
using System.Reflection;
using TorchSharp;

namespace Tunewise.Torch;

/// <summary>
/// Finds every tensor that a model can reach: its parameters and buffers, and whatever else stands in fields, collections and closures
/// of its modules. Modules with native parts (recurrent ones, embeddings, attention, transformers) have no fields for their
/// parameters; they name them.
/// </summary>
internal static class HeldTensors
{
    private const BindingFlags Declared = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;
    private static readonly string[] Collections = ["System.Collections", "System.Dynamic"];
    private static readonly string[] NotFollowed = ["System", "Microsoft", "Npgsql", "Dapper", "SQLitePCLRaw", "Spectre", "MathNet"];
    private static readonly string[] Own =
    [
        "Tunewise", "Tunewise.Training", "Tunewise.Torch", "Tunewise.Relational",
        "Tunewise.Sqlite", "Tunewise.PostgreSql", "Tunewise.Hosting",
    ];
    private static readonly ConcurrentDictionary<Assembly, bool> Followed = [];
    private static readonly ConcurrentDictionary<Type, FieldInfo[]> Fields = [];

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

    /// <summary>The fields of a type through which a tensor may be reached.</summary>
    private static FieldInfo[] FieldsOf(Type type)
    {
        var fields = new List<FieldInfo>();
        for (var t = type; t is not null; t = t.BaseType)
        {
            fields.AddRange(
                t.GetFields(Declared).Where(f => !f.FieldType.IsPointer && !f.FieldType.IsByRefLike && MayBeHeldIn(f.FieldType)));
        }

        return [.. fields];
    }

    /// <summary>Whether there is anything to be found in objects of a type.</summary>
    private static bool MayHold(Type type) =>
        MayHoldByName(type)
        && (type.IsArray
            || typeof(torch.Tensor).IsAssignableFrom(type)
            || typeof(torch.nn.Module).IsAssignableFrom(type)
            || Fields.GetOrAdd(type, FieldsOf).Length > 0);

    /// <summary>
    /// Whether a type is followed: all but those of the runtime (save for its collections and whatever is generic in something
    /// that is followed), of Tunewise and of the libraries that it uses. So a module that knows, say, its trial does not lead
    /// through the whole study.
    /// </summary>
    private static bool MayHoldByName(Type type)
    {
        if (type.IsPrimitive || type.IsEnum || type.IsPointer || type == typeof(string)) return false;
        if (type.IsArray) return MayBeHeldIn(type.GetElementType()!);
        if (typeof(Delegate).IsAssignableFrom(type)) return true;
        if (type.IsGenericType && type.GetGenericArguments().Any(MayBeHeldIn)) return true;
        if (type.Namespace is { } name && Collections.Any(c => name.StartsWith(c, StringComparison.Ordinal))) return true;
        return Followed.GetOrAdd(type.Assembly, a => !Own.Contains(a.GetName().Name)
            && !NotFollowed.Any(n => a.GetName().Name == n || a.GetName().Name!.StartsWith(n + ".", StringComparison.Ordinal)));
    }

    private static bool MayBeHeldIn(Type type) => type == typeof(object) || type.IsInterface || type.IsAbstract || MayHoldByName(type);
}
