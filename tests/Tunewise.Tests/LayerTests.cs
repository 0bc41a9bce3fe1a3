using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Tunewise.Tests;

/// <summary>The engine's rooms lie one above the other: each uses only those below it.</summary>
public sealed class LayerTests
{
    /// <summary>The rooms from the ground up; the face has no folder of its own.</summary>
    private static readonly string[] Layers =
        ["Numerics", "Spaces", "Trials", "History", "Analysis", "Samplers", "Stopping", "Pruners", "Storage", "Running", ""];

    [Fact]
    public void EachRoom_UsesOnlyRoomsBelowIt()
    {
        var engine = typeof(Study).Assembly;
        var files = Files(engine);
        var offenders = new SortedSet<string>();
        foreach (var type in engine.GetTypes())
        {
            if (FileOf(type, files) is not { } user) continue;
            foreach (var used in TypeUse.Of(type).Where(u => u.Assembly == engine))
            {
                if (FileOf(used, files) is { } file && Level(file) > Level(user)) offenders.Add($"{user} uses {file}");
            }
        }

        Assert.True(offenders.Count == 0, string.Join(Environment.NewLine, offenders));
    }

    [Fact]
    public void EachFolder_IsARoomThatIsKnown() =>
        Assert.All(Files(typeof(Study).Assembly).Values, file => Assert.True(Level(file) >= 0, $"{file} is in no room that is known"));

    [Fact]
    public void EachType_IsInARoom()
    {
        var files = Files(typeof(Study).Assembly);
        var own = typeof(Study).Assembly.GetTypes().Where(t => t.Namespace?.StartsWith("Tunewise", StringComparison.Ordinal) == true);
        Assert.All(own, type => Assert.True(FileOf(type, files) is not null, $"of {type} it is not known in which file it is"));
    }

    /// <summary>
    /// What a type of a low room could name of a high one, without constants and names, which are gone from what is compiled.
    /// </summary>
    [Theory]
    [InlineData(typeof(Catches), typeof(Tunewise.Samplers.SamplerException))]
    [InlineData(typeof(IsMarked), typeof(Study))]
    [InlineData(typeof(HasAMarkedParameter), typeof(Study))]
    [InlineData(typeof(Casts), typeof(Tunewise.Pruners.MedianPruner))]
    [InlineData(typeof(Derives), typeof(TunewiseException))]
    [InlineData(typeof(Creates), typeof(RunOptions))]
    [InlineData(typeof(Calls), typeof(StudyAnalysis))]
    public void WhatATypeUses_IsFound(Type user, Type used)
    {
        var found = user.GetNestedTypes(BindingFlags.NonPublic).Append(user).SelectMany(TypeUse.Of);
        Assert.Contains(used, found);
    }

    private static string RoomOf(string file) =>
        file.Contains('/', StringComparison.Ordinal) ? file[..file.IndexOf('/', StringComparison.Ordinal)] : "";

    private static int Level(string file) => Array.IndexOf(Layers, RoomOf(file));

    private static string? FileOf(Type type, Dictionary<int, string> files)
    {
        while (type.DeclaringType is { } outer) type = outer;
        return files.GetValueOrDefault(type.MetadataToken);
    }

    /// <summary>The source files of types, by their tokens, as the debugger finds them: relative to the project.</summary>
    private static Dictionary<int, string> Files(Assembly assembly)
    {
        using var image = new PEReader(File.OpenRead(assembly.Location));
        Assert.True(image.TryOpenAssociatedPortablePdb(assembly.Location, File.OpenRead, out var provider, out _));
        using var symbols = provider!;
        var (metadata, debug) = (image.GetMetadataReader(), symbols.GetMetadataReader());
        var files = new Dictionary<int, string>();
        foreach (var handle in metadata.TypeDefinitions)
        {
            var type = metadata.GetTypeDefinition(handle);
            if (type.IsNested || DocumentOf(handle, type, debug) is not { } document) continue;
            var path = debug.GetString(debug.GetDocument(document).Name).Replace('\\', '/');
            var start = path.LastIndexOf("/src/Tunewise/", StringComparison.Ordinal);
            // What generators write belongs to no room.
            if (start >= 0 && !path.Contains("/obj/", StringComparison.Ordinal))
                files.Add(MetadataTokens.GetToken(handle), path[(start + "/src/Tunewise/".Length)..]);
        }

        return files;
    }

    /// <summary>Where a type is written; of one that a generator adds to, where a person wrote it.</summary>
    private static DocumentHandle? DocumentOf(TypeDefinitionHandle handle, TypeDefinition type, MetadataReader debug)
    {
        var generated = default(DocumentHandle?);
        foreach (var method in type.GetMethods())
        {
            var information = debug.GetMethodDebugInformation(method.ToDebugInformationHandle());
            if (information.Document.IsNil) continue;
            if (!debug.GetString(debug.GetDocument(information.Document).Name)
                .Replace('\\', '/')
                .Contains("/obj/", StringComparison.Ordinal))
            {
                return information.Document;
            }

            generated = information.Document;
        }

        // Types without code of their own, https://github.com/dotnet/runtime/blob/main/docs/design/specs/PortablePdb-Metadata.md
        var withoutCode = new Guid("932E74BC-DBA9-4478-8D46-0F32A7BAB3D3");
        foreach (var information in debug.GetCustomDebugInformation(handle).Select(debug.GetCustomDebugInformation))
        {
            if (debug.GetGuid(information.Kind) == withoutCode)
                return MetadataTokens.DocumentHandle(debug.GetBlobReader(information.Value).ReadCompressedInteger());
        }

        return generated;
    }

    /// <summary>The types that a type names: in what it is, in its members and in their code.</summary>
    private static class TypeUse
    {
        private const BindingFlags Own =
            BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

        private static readonly Dictionary<short, OpCode> Codes =
            typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
                .Select(f => (OpCode)f.GetValue(null)!)
                .ToDictionary(c => c.Value);

        public static HashSet<Type> Of(Type type)
        {
            var used = new HashSet<Type>();
            Add(type.BaseType, used);
            foreach (var contract in type.GetInterfaces()) Add(contract, used);
            foreach (var parameter in type.GetGenericArguments()) AddConstraints(parameter, used);
            foreach (var field in type.GetFields(Own)) Add(field.FieldType, used);
            foreach (var attribute in type.GetCustomAttributesData()
                .Concat(type.GetMembers(Own).SelectMany(m => m.GetCustomAttributesData())))
            {
                Add(attribute, used);
            }

            foreach (var method in type.GetMembers(Own).OfType<MethodBase>())
            {
                Add((method as MethodInfo)?.ReturnType, used);
                foreach (var parameter in method.GetParameters())
                {
                    Add(parameter.ParameterType, used);
                    foreach (var attribute in parameter.GetCustomAttributesData()) Add(attribute, used);
                }

                if (method.IsGenericMethod) foreach (var parameter in method.GetGenericArguments()) AddConstraints(parameter, used);
                if (method.GetMethodBody() is not { } body) continue;
                foreach (var local in body.LocalVariables) Add(local.LocalType, used);
                foreach (var clause in body.ExceptionHandlingClauses.Where(c => c.Flags == ExceptionHandlingClauseOptions.Clause))
                    Add(clause.CatchType, used);
                AddCode(method, body.GetILAsByteArray()!, used);
            }

            return used;
        }

        private static void AddConstraints(Type parameter, HashSet<Type> used)
        {
            foreach (var constraint in parameter.GetGenericParameterConstraints()) Add(constraint, used);
        }

        private static void Add(CustomAttributeData attribute, HashSet<Type> used)
        {
            Add(attribute.AttributeType, used);
            foreach (var argument in attribute.ConstructorArguments.Concat(attribute.NamedArguments.Select(n => n.TypedValue)))
            {
                Add(argument.ArgumentType, used);
                Add(argument.Value as Type, used);
            }
        }

        private static void Add(Type? type, HashSet<Type> used)
        {
            while (type is { HasElementType: true }) type = type.GetElementType();
            if (type is null || type.IsGenericParameter) return;
            if (type.IsGenericType)
            {
                foreach (var argument in type.GetGenericArguments()) Add(argument, used);
                type = type.GetGenericTypeDefinition();
            }

            used.Add(type);
        }

        private static void AddCode(MethodBase method, byte[] code, HashSet<Type> used)
        {
            var typeArguments = method.DeclaringType is { IsGenericType: true } declaring ? declaring.GetGenericArguments() : null;
            var methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
            for (var at = 0; at < code.Length;)
            {
                var value = code[at] == 0xFE ? unchecked((short)(0xFE00 | code[at + 1])) : code[at];
                at += code[at] == 0xFE ? 2 : 1;
                var operand = Codes[value].OperandType;
                if (operand is OperandType.InlineType or OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineTok)
                {
                    var member = method.Module.ResolveMember(BitConverter.ToInt32(code, at), typeArguments, methodArguments)!;
                    Add(member as Type ?? member.DeclaringType, used);
                    if (member is MethodInfo { IsGenericMethod: true } generic)
                    {
                        foreach (var argument in generic.GetGenericArguments()) Add(argument, used);
                    }
                }

                at += operand switch
                {
                    OperandType.InlineNone => 0,
                    OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                    OperandType.InlineVar => 2,
                    OperandType.InlineI8 or OperandType.InlineR => 8,
                    OperandType.InlineSwitch => 4 + (4 * BitConverter.ToInt32(code, at)),
                    _ => 4,
                };
            }
        }
    }

    private sealed class Catches
    {
        public static void Do(Action action)
        {
            try
            {
                action();
            }
            catch (Tunewise.Samplers.SamplerException)
            {
                // Only named.
            }
        }
    }

    [System.Runtime.CompilerServices.CollectionBuilder(typeof(Study), "none")]
    private sealed class IsMarked : List<int>;

    private sealed class HasAMarkedParameter
    {
        public static void Do([MemberDataOf(typeof(Study))] int value) => _ = value;
    }

    [AttributeUsage(AttributeTargets.Parameter)]
    private sealed class MemberDataOfAttribute(Type type) : Attribute
    {
        public Type Type => type;
    }

    private sealed class Casts
    {
        public static bool Do(object value) => value is Tunewise.Pruners.MedianPruner;
    }

    private sealed class Derives() : TunewiseException("");

    private sealed class Creates
    {
        public static object Do() => ((Func<object>)(() => new RunOptions()))();
    }

    private sealed class Calls
    {
        public static object Do(Study study) => study.GetBudget();
    }
}
