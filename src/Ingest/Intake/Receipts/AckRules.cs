using System.Globalization;
using Ingest.Health.Policy;
using Ingest.Intake.Admission;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Ingest.Intake.Receipts;

/// <summary>
/// Reads from a request's headers what it waits for, within what settings and policy allow: the policy's rule for its key, else for its
/// stream, else for the node, else the setting.
/// </summary>
internal sealed class AckRules(IntakeOptions options)
{
    private const string Prefer = "Prefer";
    private const string WaitToken = "wait=";

    private static readonly Problem Unknown = new(ProblemKind.BadRequest, "Ingest-Ack is durable or delivered, once.");

    private static readonly Problem BadTimeout = new(
        ProblemKind.BadRequest, "Ingest-Ack-Timeout is a whole number of seconds, or one with the unit ms, s or m, once.");

    private readonly AckChoice _usual = AckChoice.TryParse(string.Join(',', options.Acks), out AckChoice usual) ? usual : default;

    internal Problem Read(IHeaderDictionary headers, in AdmittedRequest admitted, out AckWish wish)
    {
        wish = default;
        var choice = admitted.Policy.Acks(admitted.Stream.Name, admitted.Producer!.PolicyName) ?? _usual;
        var when = choice.Default;
        if (headers.TryGetValue(IntakeHeaders.Ack, out var asked))
        {
            if (asked.Count != 1 || !AckChoice.TryParse(asked.ToString().Trim(), out when))
            {
                return Unknown;
            }
            if (!choice.Allows(when))
            {
                return new Problem(
                    ProblemKind.Forbidden, $"Ingest-Ack: {asked} may not be asked for here (Intake:Acks, or the operator's policy).");
            }
        }
        return when == AckWhen.Delivered ? ReadTime(headers, out wish) : default;
    }

    private Problem ReadTime(IHeaderDictionary headers, out AckWish wish)
    {
        wish = new AckWish(IsDelivered: true, Bounded(options.AckTimeout));
        if (headers.TryGetValue(IntakeHeaders.AckTimeout, out var text))
        {
            if (text.Count != 1 || !TryReadTime(text.ToString().Trim(), out var most))
            {
                return BadTimeout;
            }
            wish = wish with { Most = Bounded(most) };
        }
        else if (headers.TryGetValue(Prefer, out var preferences) && TryReadWait(preferences, out var seconds))
        {
            wish = new AckWish(IsDelivered: true, Bounded(seconds), IsPreferred: true);
        }
        return default;
    }

    private TimeSpan Bounded(TimeSpan most) => most < options.AckTimeoutMax ? most : options.AckTimeoutMax;

    private static bool TryReadTime(string text, out TimeSpan time)
    {
        var digits = text.AsSpan().TrimEnd("ms");
        time = default;
        TimeSpan? unit = text[digits.Length..] switch
        {
            "" or "s" => TimeSpan.FromSeconds(1),
            "ms" => TimeSpan.FromMilliseconds(1),
            "m" => TimeSpan.FromMinutes(1),
            _ => null,
        };
        return unit is { } one && TryReadNumber(digits, one, out time);
    }

    // A preference that cannot be read is none (RFC 7240, section 2).
    private static bool TryReadWait(StringValues preferences, out TimeSpan time)
    {
        foreach (var preference in preferences.SelectMany(line => (line ?? "").Split(',', StringSplitOptions.TrimEntries)))
        {
            if (preference.StartsWith(WaitToken, StringComparison.OrdinalIgnoreCase))
            {
                return TryReadNumber(preference.AsSpan(WaitToken.Length), TimeSpan.FromSeconds(1), out time);
            }
        }
        time = default;
        return false;
    }

    // What is too large for a number is as long as may be.
    private static bool TryReadNumber(ReadOnlySpan<char> digits, TimeSpan unit, out TimeSpan time)
    {
        var isNumber = digits.Length > 0 && !digits.ContainsAnyExceptInRange('0', '9');
        time = isNumber && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? unit * number
            : TimeSpan.MaxValue;
        return isNumber;
    }
}
