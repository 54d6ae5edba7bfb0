using System.ComponentModel.DataAnnotations;
using Ingest.Events;
using Ingest.Health.Policy;
using Ingest.Intake.Json;

namespace Ingest.Intake;

/// <summary>What the values of <see cref="IntakeOptions"/> must be beyond their types and ranges.</summary>
internal static class IntakeRules
{
    internal static IEnumerable<ValidationResult> Check(IntakeOptions options)
    {
        if (options.Streams.FirstOrDefault(name => !StreamName.IsValid(name)) is { } wrong)
        {
            yield return Wrong(nameof(options.Streams), $"has \"{wrong}\": {ANameHas}");
        }
        foreach (var (stream, pointer) in options.KeyPointers)
        {
            if (!StreamName.IsValid(stream))
            {
                yield return Wrong($"{nameof(options.KeyPointers)}:{stream}", $"names no stream: {ANameHas}");
            }
            else if (!KeyPointer.TryParse(pointer, out _))
            {
                yield return Wrong($"{nameof(options.KeyPointers)}:{stream}", "must be a JSON pointer (RFC 6901) such as /user/id.");
            }
        }
        foreach (var name in options.KeepHeaders.Where(name => !IsHeader(name) || IsTaken(name)))
        {
            yield return Wrong(
                nameof(options.KeepHeaders),
                $"has \"{name}\": a header's name, and none of credentials, CloudEvents (ce-*) or traces (traceparent, tracestate).");
        }
        if (options.IdempotencyHeaders.FirstOrDefault(name => !IsHeader(name) || IsTaken(name)) is { } unfit)
        {
            yield return Wrong(nameof(options.IdempotencyHeaders), $"has \"{unfit}\": a header's name, and none of credentials.");
        }
        if (!AckChoice.TryParse(string.Join(',', options.Acks), out AckChoice _))
        {
            yield return Wrong(nameof(options.Acks), $"must be {AckChoice.Expected}.");
        }
        if (options.IntrospectionUrl.Length > 0 && !IsHttp(options.IntrospectionUrl))
        {
            yield return Wrong(nameof(options.IntrospectionUrl), "must be an http or https URL.");
        }
    }

    private static readonly string[] Taken =
    [
        "authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "dd-api-key", "x-seq-apikey", "x-sentry-auth",
        "x-amz-firehose-access-key", "x-amz-security-token", "x-auth-token", "traceparent", "tracestate",
    ];

    private static bool IsTaken(string name) =>
        Taken.Contains(name, StringComparer.OrdinalIgnoreCase) || name.StartsWith("ce-", StringComparison.OrdinalIgnoreCase);

    // A token of RFC 9110, and one that is not too long for an attribute's name.
    private static bool IsHeader(string name) =>
        name.Length is > 0 and <= 100
        && name.All(character => char.IsAsciiLetterOrDigit(character) || "!#$%&'*+-.^_`|~".Contains(character, StringComparison.Ordinal));

    internal static bool IsHttp(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https");

    private static string ANameHas =>
        "a stream's name has letters, digits, '.', '_', '-', begins with none of '.' and '-', "
        + $"and has at most {StreamName.LengthMax} characters.";

    private static ValidationResult Wrong(string member, string problem) => new(problem, [member]);
}
