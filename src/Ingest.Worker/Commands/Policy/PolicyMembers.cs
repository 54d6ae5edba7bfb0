using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ingest.Worker.Commands.Policy;

/// <summary>Changes single members of a policy, named as a path: <c>streams.clicks.enabled=false</c>.</summary>
internal static class PolicyMembers
{
    // A stream's name may hold dots: of a path into streams or keys the middle is the name.
    private static readonly string[] Named = ["streams.", "keys."];

    /// <param name="policy">The policy as JSON.</param>
    /// <param name="changes">Each <c>MEMBER=VALUE</c>; the value is JSON.</param>
    /// <returns>The changed policy. Whether it makes sense is the node's to say.</returns>
    internal static string Change(string policy, IEnumerable<string> changes)
    {
        var root = JsonNode.Parse(policy)!.AsObject();
        foreach (var change in changes)
        {
            var split = change.IndexOf('=', StringComparison.Ordinal);
            var (path, value) = (change[..split], Value(change[..split], change[(split + 1)..]));
            var (parent, member) = Find(root, path);
            parent[member] = value;
        }
        return root.ToJsonString();
    }

    private static JsonNode? Value(string path, string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException) when (IsText(path))
        {
            return JsonValue.Create(text);
        }
        catch (JsonException)
        {
            throw new CommandFailure(ExitCode.Usage, $"{path} = {text} must be true, false, null or a number.");
        }
    }

    // The one member that is a text may be written without quotes.
    private static bool IsText(string path) => path == "acks" || path.EndsWith(".acks", StringComparison.Ordinal);

    private static (JsonObject Parent, string Member) Find(JsonObject root, string path)
    {
        if (Array.Find(Named, prefix => path.StartsWith(prefix, StringComparison.Ordinal)) is not { } prefix)
        {
            return (root, path);
        }
        var end = path.LastIndexOf('.');
        if (end < prefix.Length)
        {
            throw new CommandFailure(ExitCode.Usage, $"{path} names no member: {path}.enabled or {path}.rateLimit is meant.");
        }
        var rules = Object(root, prefix[..^1]);
        return (Object(rules, path[prefix.Length..end]), path[(end + 1)..]);
    }

    private static JsonObject Object(JsonObject parent, string name)
    {
        if (parent[name] is not JsonObject found)
        {
            parent[name] = found = [];
        }
        return found;
    }
}
