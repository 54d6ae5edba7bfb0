using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingest.Health.Policy;

/// <summary>What an operator may say about one stream or key.</summary>
public sealed class PolicyRule
{
    /// <summary>Whether events are accepted. Default true.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Events a second; null: no limit. Above 0, at most a billion.</summary>
    public double? RateLimit { get; set; }

    /// <summary>When requests may be answered, the default first: <c>durable,delivered</c>. Null: as the node has it.</summary>
    public string? Acks { get; set; }
}

/// <summary>The policy file as it is written: what an operator may change on the running node.</summary>
/// <remarks>It is not changed after it was read: the setters are there because generated readers lose the defaults of init.</remarks>
public sealed class PolicyDocument
{
    /// <summary>Names a file may hold for streams, and as many for keys.</summary>
    public const int RulesMax = 10_000;

    /// <summary>Bytes a file may have.</summary>
    public const int BytesMax = 4 * 1024 * 1024;

    private const double RateMax = 1e9;
    private const int NameCharactersMax = 256;

    /// <summary>Whether the node accepts events. Default true; false makes it not ready, with <c>policy_refused</c>.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>Events a second of the whole node; null: no limit. Above 0, at most a billion.</summary>
    public double? RateLimit { get; set; }

    /// <summary>When requests may be answered, the default first: <c>durable,delivered</c>. Null: as <c>Intake:Acks</c> has it.</summary>
    public string? Acks { get; set; }

    /// <summary>Share of failed attempts at which a lane's breaker opens; null: as configured. Above 0, at most 1.</summary>
    public double? CircuitBreakerThreshold { get; set; }

    /// <summary>Rules by the name of a stream. At most <see cref="RulesMax"/>.</summary>
    public IReadOnlyDictionary<string, PolicyRule> Streams { get; set; } = new Dictionary<string, PolicyRule>();

    /// <summary>Rules by the name of an API key. At most <see cref="RulesMax"/>.</summary>
    public IReadOnlyDictionary<string, PolicyRule> Keys { get; set; } = new Dictionary<string, PolicyRule>();

    /// <summary>Reads a policy.</summary>
    /// <returns>What is wrong with it, in one sentence; null when it may come into force.</returns>
    internal static string? Parse(ReadOnlySpan<byte> json, out PolicyDocument document)
    {
        document = new PolicyDocument();
        if (json.Length > BytesMax)
        {
            return $"The policy is too large; at most {BytesMax} bytes are allowed.";
        }
        try
        {
            if (JsonSerializer.Deserialize(json, PolicyJson.Default.PolicyDocument) is not { } parsed)
            {
                return "The policy must be an object.";
            }
            document = parsed;
            return parsed.Violation();
        }
        catch (JsonException)
        {
            return PolicyMistake.Find(json);
        }
    }

    /// <summary>The first value that is out of its range, in one sentence with key, value and range; null when all are in.</summary>
    internal string? Violation()
    {
        if (CircuitBreakerThreshold is not (null or (> 0 and <= 1)))
        {
            return $"circuitBreakerThreshold = {CircuitBreakerThreshold} must be above 0 and at most 1.";
        }
        return AcksViolation("acks", Acks) ?? RateViolation("rateLimit", RateLimit)
            ?? RulesViolation("streams", Streams) ?? RulesViolation("keys", Keys);
    }

    private static string? RulesViolation(string member, IReadOnlyDictionary<string, PolicyRule>? rules)
    {
        if (rules is null)
        {
            return $"{member} must be an object.";
        }
        if (rules.Count > RulesMax)
        {
            return $"{member} has {rules.Count} names; at most {RulesMax} are allowed.";
        }
        foreach (var (name, rule) in rules)
        {
            var violation = name.Length is 0 or > NameCharactersMax
                ? $"{member} has a name of {name.Length} characters; 1 to {NameCharactersMax} are allowed."
                : rule is null ? $"{member}.{name} must be an object."
                : RateViolation($"{member}.{name}.rateLimit", rule.RateLimit) ?? AcksViolation($"{member}.{name}.acks", rule.Acks);
            if (violation is not null)
            {
                return violation;
            }
        }
        return null;
    }

    private static string? AcksViolation(string key, string? acks) =>
        acks is null || AckChoice.TryParse(acks, out AckChoice _) ? null : $"{key} = {acks} must be {AckChoice.Expected}.";

    private static string? RateViolation(string key, double? rate) =>
        rate is null or (> 0 and <= RateMax)
            ? null
            : $"{key} = {rate} must be above 0 and at most {RateMax}; to refuse all, set enabled to false.";
}

/// <summary>How a policy file is read: unknown and repeated members are mistakes, comments are not.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(PolicyDocument))]
internal sealed partial class PolicyJson : JsonSerializerContext;
