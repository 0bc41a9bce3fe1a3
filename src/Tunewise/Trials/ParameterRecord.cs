using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Tunewise.Spaces;

namespace Tunewise;

/// <summary>What reflection needs of a typed record, so that trimming keeps it.</summary>
internal static class ParameterRecord
{
    public const DynamicallyAccessedMemberTypes Members =
        DynamicallyAccessedMemberTypes.PublicConstructors | DynamicallyAccessedMemberTypes.PublicProperties;
}

/// <summary>
/// Typed parameters: a record whose constructor's parameters say how they are searched (<see cref="FloatRangeAttribute"/>,
/// <see cref="IntRangeAttribute"/>, <see cref="ChoicesAttribute"/>, <see cref="OnlyWhenAttribute"/>; an enum or a bool needs none),
/// suggested with <c>Trial.Suggest</c> and read back with <see cref="FrozenTrial.As{T}"/>.
/// </summary>
/// <typeparam name="T">The record.</typeparam>
internal static class ParameterRecord<[DynamicallyAccessedMembers(ParameterRecord.Members)] T>
    where T : class
{
    private static readonly Lazy<Plan> ThePlan = new(Plan.Make);

    /// <summary>Reads the parameters of a stored trial.</summary>
    /// <param name="trial">A trial whose parameters were suggested with this record, or have the same names.</param>
    /// <exception cref="KeyNotFoundException">The trial lacks a parameter.</exception>
    /// <exception cref="InvalidCastException">A value does not fit the record's type.</exception>
    public static T Read(FrozenTrial trial) => ThePlan.Value.Build(slot => trial.Parameters.TryGetValue(slot.Name, out var value)
        ? value
        : throw new KeyNotFoundException($"trial {trial.Number} has no parameter '{slot.Name}', which {typeof(T).Name} needs"));

    /// <summary>Makes a record of values that are asked for one by one.</summary>
    /// <param name="suggest">The value of a parameter, by its name and range.</param>
    public static T Build(Func<string, Distribution, object?> suggest) =>
        ThePlan.Value.Build(slot => suggest(slot.Name, slot.Distribution));

    public static Dictionary<string, object?> ToDictionary(T record) => ThePlan.Value.Values(record);

    /// <summary>One constructor parameter.</summary>
    private sealed record Slot(
        string Name, ParameterInfo Parameter, Distribution Distribution, string? Condition, IReadOnlyList<object?> ConditionValues)
    {
        [UnconditionalSuppressMessage(
            "Trimming",
            "IL2072",
            Justification = "A value type that is a parameter of a kept constructor can be made without a constructor of its own.")]
        public object? Default => Parameter.HasDefaultValue ? Parameter.DefaultValue
            : Parameter.ParameterType.IsValueType ? Activator.CreateInstance(Parameter.ParameterType) : null;

        /// <summary>Whether the parameter is searched, given the values of the earlier ones.</summary>
        public bool IsOn(IReadOnlyDictionary<string, object?> earlier) =>
            Condition is null || ConditionValues.Contains(earlier[Condition]);
    }

    private sealed record Plan(ConstructorInfo Constructor, IReadOnlyList<Slot> Slots)
    {
        public static Plan Make()
        {
            var constructors = typeof(T).GetConstructors().Where(c => c.GetParameters().Length > 0).ToArray();
            if (constructors.Length != 1)
            {
                throw new ArgumentException(
                    $"{typeof(T).Name} must have one public constructor with parameters, it has {constructors.Length}");
            }

            var slots = new List<Slot>();
            foreach (var parameter in constructors[0].GetParameters()) slots.Add(Conditioned(MakeSlot(parameter), slots));
            return new Plan(constructors[0], slots);
        }

        /// <summary>The slot with its condition's values as the earlier parameter has them, and only such as it can have.</summary>
        private static Slot Conditioned(Slot slot, List<Slot> earlier)
        {
            if (slot.Condition is not { } name) return slot;
            var where = $"{typeof(T).Name}, parameter '{slot.Parameter.Name}'";
            var on = earlier.Find(s => s.Parameter.Name == name)
                ?? throw new ArgumentException(
                    $"{where}: OnlyWhen names '{name}', which is no parameter before it; "
                    + $"there are {(earlier.Count == 0 ? "none" : string.Join(", ", earlier.Select(s => s.Parameter.Name)))}");
            return slot with { ConditionValues = [.. slot.ConditionValues.Select(v => ConditionValue(where, on, v))] };
        }

        private static object? ConditionValue(string where, Slot on, object? value)
        {
            object? typed;
            try
            {
                typed = ParameterConversion.To(
                    on.Parameter.ParameterType, on.Name, Choice.IsChoice(value) ? Choice.Normalize(value) : value);
                if (Equals(typed, on.Default) || on.Distribution.Contains(on.Distribution.ToInternal(Choice.Normalize(value))))
                    return typed;
            }
            catch (Exception error) when (error is ArgumentException or InvalidCastException)
            {
                // Of another kind.
            }

            throw new ArgumentException(
                $"{where}: OnlyWhen asks for {on.Parameter.Name} = {Choice.Describe(value)}, which it never has: it is {on.Distribution}");
        }

        /// <summary>Builds the record; parameters that are switched off get their defaults.</summary>
        public T Build(Func<Slot, object?> valueOf)
        {
            var values = new Dictionary<string, object?>();
            foreach (var slot in Slots)
            {
                var value = slot.IsOn(values) ? valueOf(slot) : slot.Default;
                values.Add(slot.Parameter.Name!, ParameterConversion.To(slot.Parameter.ParameterType, slot.Name, value));
            }

            return (T)Constructor.Invoke([.. Slots.Select(s => values[s.Parameter.Name!])]);
        }

        public Dictionary<string, object?> Values(T record)
        {
            var all = Slots.ToDictionary(
                s => s.Parameter.Name!,
                s => (typeof(T).GetProperty(s.Parameter.Name!)
                    ?? throw new ArgumentException($"{typeof(T).Name} has no property {s.Parameter.Name}")).GetValue(record));
            return Slots.Where(s => s.IsOn(all)).ToDictionary(
                s => s.Name,
                s => Choice.IsChoice(all[s.Parameter.Name!]) ? Choice.Normalize(all[s.Parameter.Name!]) : all[s.Parameter.Name!]);
        }

        private static Slot MakeSlot(ParameterInfo parameter)
        {
            var search = parameter.GetCustomAttribute<SearchAttribute>() ?? new ChoicesAttribute();
            var condition = parameter.GetCustomAttribute<OnlyWhenAttribute>();
            try
            {
                return new Slot(
                    search.Name ?? parameter.Name!,
                    parameter,
                    search.ToDistribution(parameter.ParameterType),
                    condition?.Parameter,
                    condition?.Values ?? []);
            }
            catch (ArgumentException error)
            {
                throw new ArgumentException($"{typeof(T).Name}, parameter '{parameter.Name}': {error.Message}", error);
            }
        }
    }
}
