using System.Text.Json;

namespace Ingest.Health.Policy;

/// <summary>Says in one sentence what keeps a policy from being read: the member, its value and what it may be.</summary>
internal static class PolicyMistake
{
    private const string Switch = "true or false";
    private const string Number = "a number or null";
    private const string Acks = "a text or null: " + AckChoice.Expected;
    private const string Rules = "an object with a rule for each name";

    private static readonly JsonDocumentOptions Lenient = new() { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true };

    private static readonly Dictionary<string, string> Members = new(StringComparer.Ordinal)
    {
        ["enabled"] = Switch,
        ["rateLimit"] = Number,
        ["acks"] = Acks,
        ["circuitBreakerThreshold"] = Number,
        ["streams"] = Rules,
        ["keys"] = Rules,
    };

    private static readonly Dictionary<string, string> RuleMembers = new(StringComparer.Ordinal)
    {
        ["enabled"] = Switch,
        ["rateLimit"] = Number,
        ["acks"] = Acks,
    };

    /// <summary>What is wrong with a text that could not be read as a policy.</summary>
    internal static string Find(ReadOnlySpan<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json.ToArray(), Lenient);
            return InObject(document.RootElement, "", Members) ?? "The policy cannot be read.";
        }
        catch (JsonException e)
        {
            return $"The policy is no JSON: see line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1}.";
        }
        catch (InvalidOperationException)
        {
            // What the framework throws for a name or text that cannot be made one.
            return "The policy has a text that is no Unicode: half of a surrogate pair, or bytes that are no UTF-8.";
        }
    }

    private static string? InObject(JsonElement element, string path, Dictionary<string, string> members)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return $"{(path.Length > 0 ? path : "The policy")} must be an object.";
        }
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var member in element.EnumerateObject())
        {
            var name = path.Length > 0 ? $"{path}.{member.Name}" : member.Name;
            var wrong = !members.TryGetValue(member.Name, out var expected) ? Unknown(name, member.Name, members)
                : !seen.Add(member.Name) ? $"{name} stands twice."
                : InValue(member.Value, name, expected);
            if (wrong is not null)
            {
                return wrong;
            }
        }
        return null;
    }

    private static string? InValue(JsonElement value, string name, string expected)
    {
        var fits = expected switch
        {
            Switch => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
            Number => value.ValueKind is JsonValueKind.Null || (value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out _)),
            Acks => value.ValueKind is JsonValueKind.Null or JsonValueKind.String,
            _ => value.ValueKind is JsonValueKind.Object,
        };
        return !fits ? $"{name} = {Shown(value)} must be {expected}." : expected == Rules ? InRules(value, name) : null;
    }

    private static string? InRules(JsonElement rules, string path)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var rule in rules.EnumerateObject())
        {
            var name = $"{path}.{rule.Name}";
            if ((seen.Add(rule.Name) ? InObject(rule.Value, name, RuleMembers) : $"{name} stands twice.") is { } wrong)
            {
                return wrong;
            }
        }
        return null;
    }

    private static string Unknown(string path, string name, Dictionary<string, string> members)
    {
        var meant = members.Keys.FirstOrDefault(known => known.Equals(name, StringComparison.OrdinalIgnoreCase));
        var capitals = meant is null ? "" : $"; capitals count, {meant} is meant";
        return $"a policy has no member {path}: its members are {string.Join(", ", members.Keys)}{capitals}.";
    }

    private static string Shown(JsonElement value) => value.GetRawText() is { Length: > 60 } text ? text[..60] + "..." : value.GetRawText();
}
