using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Tunewise.Testing;

/// <summary>
/// Prints what an assembly shows to others, type by type and member by member, with nullability: what changes in this text is a change for
/// those who use the package.
/// </summary>
public static class PublicApi
{
    /// <summary>Set to 1, the files are written anew instead of being compared.</summary>
    private const string WriteVariable = "TUNEWISE_WRITE_PUBLIC_API";

    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<Type, string> Keywords = new()
    {
        [typeof(bool)] = "bool",
        [typeof(byte)] = "byte",
        [typeof(char)] = "char",
        [typeof(decimal)] = "decimal",
        [typeof(double)] = "double",
        [typeof(float)] = "float",
        [typeof(int)] = "int",
        [typeof(long)] = "long",
        [typeof(object)] = "object",
        [typeof(short)] = "short",
        [typeof(string)] = "string",
        [typeof(uint)] = "uint",
        [typeof(ulong)] = "ulong",
        [typeof(void)] = "void",
    };

    /// <summary>Compares an assembly with the file in its project's folder.</summary>
    public static void AssertIsAsWritten(Assembly assembly)
    {
        var name = assembly.GetName().Name!;
        var file = Path.GetFullPath(Path.Combine(Here(), "..", "..", "..", "src", name, "PublicApi.txt"));
        var actual = Of(assembly);
        if (Environment.GetEnvironmentVariable(WriteVariable) == "1") File.WriteAllText(file, actual);
        var written = File.Exists(file) ? File.ReadAllText(file).ReplaceLineEndings("\n") : "";
        if (written == actual) return;
        var (before, now) = (written.Split('\n'), actual.Split('\n'));
        Assert.Fail(
            $"the public interface of {name} is not the one in {Path.GetFileName(file)}; if it is meant so, say it in CHANGELOG.md and write the file "
            + $"with {WriteVariable}=1\n{string.Join('\n', before.Except(now).Select(l => "- " + l.Trim()))}"
            + $"\n{string.Join('\n', now.Except(before).Select(l => "+ " + l.Trim()))}");
    }

    /// <summary>The text.</summary>
    public static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(FullName, StringComparer.Ordinal))
        {
            if (type.IsNested && !IsShown(type.DeclaringType!)) continue;
            text.Append(HeadOf(type)).Append('\n');
            if (type.IsEnum)
            {
                foreach (var value in Enum.GetValuesAsUnderlyingType(type).Cast<object>().Distinct())
                    text.Append(CultureInfo.InvariantCulture, $"    {Enum.GetName(type, value)} = {value}\n");
            }
            else if (!IsDelegate(type))
            {
                foreach (var member in MembersOf(type).Order(StringComparer.Ordinal)) text.Append("    ").Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string HeadOf(Type type)
    {
        if (IsDelegate(type)) return $"delegate {Method(type.GetMethod("Invoke")!, FullName(type))}";
        var kind = type.IsEnum ? "enum"
            : type.IsInterface ? "interface"
            : type.IsValueType ? (type.IsDefined(typeof(IsReadOnlyAttribute), false) ? "readonly struct" : "struct")
            : type is { IsAbstract: true, IsSealed: true } ? "static class"
            : (type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "") + (IsRecord(type) ? "record" : "class");
        var bases = new List<string>();
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType) && parent != typeof(Enum)) bases.Add(Name(parent));
        if (!type.IsEnum)
        {
            var inherited = type.BaseType?.GetInterfaces() ?? [];
            bases.AddRange(type.GetInterfaces()
                .Where(i => i.IsVisible && !inherited.Contains(i) && !(i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IEquatable<>)))
                .Select(Name)
                .Order(StringComparer.Ordinal));
        }

        return $"{kind} {FullName(type)}{(bases.Count == 0 ? "" : " : " + string.Join(", ", bases))}{Constraints(type.GetGenericArguments())}";
    }

    private static IEnumerable<string> MembersOf(Type type)
    {
        foreach (var constructor in type.GetConstructors(Declared))
        {
            // Of a record's copies nobody asks by name.
            if (!IsShown(constructor) || constructor.IsDefined(typeof(CompilerGeneratedAttribute))) continue;
            yield return $"{Access(constructor)}{Simple(type)}({Parameters(constructor)})";
        }

        foreach (var field in type.GetFields(Declared).Where(f => f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly))
        {
            var kind = field.IsLiteral ? "const " : (field.IsStatic ? "static " : "") + (field.IsInitOnly ? "readonly " : "");
            var value = field.IsLiteral ? " = " + Constant(field.GetRawConstantValue()) : "";
            yield return $"{(field.IsPublic ? "" : "protected ")}{kind}{Name(new NullabilityInfoContext().Create(field))} {field.Name}{value}";
        }

        foreach (var property in type.GetProperties(Declared))
        {
            var (get, set) = (property.GetMethod, property.SetMethod);
            var shown = get is not null && IsShown(get) ? get : set is not null && IsShown(set) ? set : null;
            if (shown is null || shown.IsDefined(typeof(CompilerGeneratedAttribute)) && property.Name == "EqualityContract") continue;
            if (property.Name == "EqualityContract") continue;
            var init = set?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
            var index = property.GetIndexParameters() is { Length: > 0 } by ? $"this[{string.Join(", ", by.Select(Parameter))}]" : property.Name;
            var required = property.IsDefined(typeof(RequiredMemberAttribute)) ? "required " : "";
            yield return $"{Access(shown)}{Modifiers(shown)}{required}{Name(new NullabilityInfoContext().Create(property))} {index} {{ "
                + (get is not null && IsShown(get) ? "get; " : "")
                + (set is not null && IsShown(set) ? (init ? "init; " : "set; ") : "") + "}";
        }

        foreach (var change in type.GetEvents(Declared).Where(e => IsShown(e.AddMethod!)))
            yield return $"{Access(change.AddMethod!)}event {Name(change.EventHandlerType!)} {change.Name}";

        foreach (var method in type.GetMethods(Declared))
        {
            var isOperator = method.Name.StartsWith("op_", StringComparison.Ordinal);
            if (!IsShown(method) || (method.IsSpecialName && !isOperator)) continue;
            if (method.IsDefined(typeof(CompilerGeneratedAttribute)) && method.Name != "Deconstruct") continue;
            if (method.GetBaseDefinition().DeclaringType == typeof(object)) continue;
            yield return Access(method) + Modifiers(method) + Method(method, method.Name);
        }
    }

    private static string Method(MethodInfo method, string name)
    {
        var generic = method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(a => a.Name))}>" : "";
        return $"{Name(new NullabilityInfoContext().Create(method.ReturnParameter))} {name}{generic}({Parameters(method)})"
            + Constraints(method.IsGenericMethodDefinition ? method.GetGenericArguments() : []);
    }

    private static string Parameters(MethodBase method)
    {
        var extends = method.IsDefined(typeof(ExtensionAttribute), false) ? "this " : "";
        return extends + string.Join(", ", method.GetParameters().Select(Parameter));
    }

    private static string Parameter(ParameterInfo parameter)
    {
        var list = parameter.GetCustomAttributes().Any(a => a.GetType().Name is "ParamArrayAttribute" or "ParamCollectionAttribute");
        var passed = parameter.IsOut ? "out " : parameter.ParameterType.IsByRef ? (parameter.IsIn ? "in " : "ref ") : list ? "params " : "";
        var value = parameter.HasDefaultValue ? " = " + Constant(parameter.DefaultValue) : "";
        return $"{passed}{Name(new NullabilityInfoContext().Create(parameter))} {parameter.Name}{value}";
    }

    private static string Constraints(Type[] arguments)
    {
        var text = "";
        foreach (var argument in arguments.Where(a => a.IsGenericParameter))
        {
            var needs = new List<string>();
            var how = argument.GenericParameterAttributes;
            if (how.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint)) needs.Add("struct");
            else if (how.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint)) needs.Add("class");
            needs.AddRange(argument.GetGenericParameterConstraints().Where(c => c != typeof(ValueType)).Select(Name));
            if (needs.Count > 0) text += $" where {argument.Name} : {string.Join(", ", needs)}";
        }

        return text;
    }

    private static string Constant(object? value) => value switch
    {
        null => "default",
        string text => $"\"{text}\"",
        bool truth => truth ? "true" : "false",
        Enum choice => $"{choice.GetType().Name}.{choice}",
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    private static string Access(MethodBase method) => method.IsPublic ? "" : "protected ";

    private static string Modifiers(MethodBase method) =>
        method.IsStatic ? (method.IsAbstract ? "static abstract " : "static ")
        : method.DeclaringType!.IsInterface ? (method.IsAbstract ? "" : "virtual ")
        : method.IsAbstract ? "abstract "
        : method is MethodInfo { IsVirtual: true } own && own.GetBaseDefinition() != own ? "override "
        : method is { IsVirtual: true, IsFinal: false } ? "virtual "
        : "";

    private static bool IsShown(MethodBase method) => method.IsPublic || ((method.IsFamily || method.IsFamilyOrAssembly) && !method.DeclaringType!.IsSealed);

    private static bool IsShown(Type type) => type.IsVisible;

    private static bool IsDelegate(Type type) => type.BaseType == typeof(MulticastDelegate);

    private static bool IsRecord(Type type) => type.GetMethod("<Clone>$", Declared) is not null;

    private static string FullName(Type type) =>
        (type.DeclaringType is { } outer ? FullName(outer) + "." : type.Namespace + ".") + Simple(type)
        + (type.IsGenericTypeDefinition ? $"<{string.Join(", ", type.GetGenericArguments().Select(a => a.Name))}>" : "");

    private static string Simple(Type type) => type.Name.Split('`')[0];

    private static string Name(NullabilityInfo info)
    {
        var type = info.Type.IsByRef ? info.Type.GetElementType()! : info.Type;
        var mark = info.ReadState == NullabilityState.Nullable || info.WriteState == NullabilityState.Nullable ? "?" : "";
        if (Nullable.GetUnderlyingType(type) is { } value) return Name(value, info.GenericTypeArguments) + "?";
        if (type.IsValueType || type.IsGenericParameter) mark = type.IsGenericParameter && !type.IsValueType ? mark : "";
        return type.IsArray && info.ElementType is { } element ? Name(element) + "[]" + mark : Name(type, info.GenericTypeArguments) + mark;
    }

    private static string Name(Type type, NullabilityInfo[] arguments)
    {
        if (!type.IsGenericType) return Name(type);
        var names = arguments.Length == type.GetGenericArguments().Length
            ? arguments.Select(Name)
            : type.GetGenericArguments().Select(Name);
        return type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true
            ? $"({string.Join(", ", names)})"
            : $"{Simple(type)}<{string.Join(", ", names)}>";
    }

    private static string Name(Type type) => Keywords.TryGetValue(type, out var keyword) ? keyword
        : type.IsArray ? Name(type.GetElementType()!) + "[]"
        : Nullable.GetUnderlyingType(type) is { } value ? Name(value) + "?"
        : type.IsGenericType ? Name(type, [])
        : type.IsNested && !type.IsGenericParameter ? $"{Simple(type.DeclaringType!)}.{Simple(type)}"
        : type.Name;

    private static string Here([CallerFilePath] string path = "") => path;
}
