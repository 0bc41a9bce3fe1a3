using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Tunewise.Numerics;

namespace Tunewise.Hosting;

/// <summary>Errors in words.</summary>
internal static class ErrorText
{
    /// <summary>Whether the message was written for the person at the keyboard and says everything.</summary>
    public static bool IsForPeople(Exception error) => error is TunewiseException || error.GetType() == typeof(ArgumentException);

    /// <summary>The message alone where it is for people; otherwise with the exception's type and place, in one line.</summary>
    public static string Of(Exception error)
    {
        // Names of studies and files may have several lines.
        if (error is TunewiseException) return error.Message.ReplaceLineEndings(" ");
        if (error is ArgumentException argument && IsForPeople(error)) return WithoutParameter(argument).ReplaceLineEndings(" ");
        // What a static constructor or reflection threw stands inside; the envelope says nothing.
        var cause = error;
        while (cause is TypeInitializationException or TargetInvocationException or AggregateException && cause.InnerException is { } inner)
            cause = inner;
        return $"{cause.GetType().Name}: {Words.FirstLine(cause.Message)}{PlaceIfKnown(cause)}";
    }

    /// <summary>.NET puts the name of the method's parameter behind the message, which says nothing to people.</summary>
    private static string WithoutParameter(ArgumentException error)
    {
        var behind = $" (Parameter '{error.ParamName}')";
        return error.Message.EndsWith(behind, StringComparison.Ordinal) ? error.Message[..^behind.Length] : error.Message;
    }

    [SuppressMessage(
        "Design", "CA1031:Do not catch general exception types", Justification = "Where an error comes from is not worth another one.")]
    private static string PlaceIfKnown(Exception error)
    {
        try
        {
            return Place(error);
        }
        catch (Exception)
        {
            // Without files to be opened, not even the runtime's own can be loaded.
            return "";
        }
    }

    /// <summary>The innermost line that is known.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static string Place(Exception error)
    {
        var frame = new StackTrace(error, fNeedFileInfo: true).GetFrames().FirstOrDefault(f => f.GetFileName() is not null);
        return frame is null
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $" ({Path.GetFileName(frame.GetFileName())}:{frame.GetFileLineNumber()})");
    }
}
