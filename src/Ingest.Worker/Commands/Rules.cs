using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Ingest.Events;
using Ingest.Hosting.Settings.Values;
using Ingest.Operations;

namespace Ingest.Worker.Commands;

/// <summary>
/// What the parser refuses, before a command looks at anything or asks anybody: <c>--limit '-1' must be a number from 1.</c>
/// </summary>
internal static class Rules
{
    /// <summary>Refuses values for which <paramref name="holds"/> is false; <paramref name="expected"/> names the whole range.</summary>
    internal static Option<T> Must<T>(this Option<T> option, string expected, Func<string, bool> holds)
    {
        option.Validators.Add(result => Judge(result, option.Name, expected, holds));
        return option;
    }

    /// <summary>Refuses values for which <paramref name="holds"/> is false; <paramref name="expected"/> names the whole range.</summary>
    internal static Argument<T> Must<T>(this Argument<T> argument, string expected, Func<string, bool> holds)
    {
        argument.Validators.Add(result => Judge(result, argument.Name, expected, holds));
        return argument;
    }

    /// <summary>Whole numbers from <paramref name="min"/>.</summary>
    internal static Option<T> IsFrom<T>(this Option<T> option, long min) =>
        option.Must(FormattableString.Invariant($"a number from {min}"), text => IsFrom(min, text));

    /// <summary>Numbers between the bounds, both included.</summary>
    internal static Option<T> Within<T>(this Option<T> option, double min, double max) => option.Must(
        FormattableString.Invariant($"a number from {min} to {max}"),
        text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && value >= min && value <= max);

    /// <summary>Durations between the bounds, both included.</summary>
    internal static Option<T> Within<T>(this Option<T> option, TimeSpan min, TimeSpan max) => option.Must(
        $"{Duration.Expected}; from {Duration.Format(min)} to {Duration.Format(max)}",
        text => Duration.TryParse(text, out var value) && value >= min && value <= max);

    /// <summary>The number of an event, or a time.</summary>
    internal static Option<T> IsPlace<T>(this Option<T> option) =>
        option.Must($"an event's number from 1, or {TimeText.Expected}", text => IsFrom(1, text) || (!IsWhole(text) && IsTime(text)));

    /// <summary>A time; without an offset it is UTC.</summary>
    internal static Option<T> IsTime<T>(this Option<T> option) => option.Must(TimeText.Expected, IsTime);

    /// <summary>The name of a stream.</summary>
    internal static Option<T> IsStream<T>(this Option<T> option) => option.Must(
        $"a stream's name, {StreamName.Pattern}", text => StreamName.IsValid(text));

    private static bool IsFrom(long min, string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min;

    private static bool IsWhole(string text) => text.All(char.IsAsciiDigit);

    private static bool IsTime(string text) => TimeText.TryParse(text, out _);

    private static void Judge(SymbolResult result, string name, string expected, Func<string, bool> holds)
    {
        foreach (var token in result.Tokens.Where(token => !holds(token.Value)))
        {
            result.AddError($"{name} '{token.Value}' must be {expected}.");
        }
    }
}
