using System.Globalization;
using System.Text.Json;
using Ingest.Worker.Terminal;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.Serialization;

namespace Ingest.Worker.Commands.Output;

/// <summary>JSON written as YAML: the same values, in the order they stand in.</summary>
internal static class Yaml
{
    private static readonly ISerializer Serializer = new SerializerBuilder()
        .WithQuotingNecessaryStrings(quoteYaml1_1Strings: true)
        .WithTypeConverter(new QuotedConverter())
        .DisableAliases()
        .Build();

    /// <summary>A document, without the line that begins one.</summary>
    internal static string Text(JsonElement json) =>
        Visible.EscapeLines(Serializer.Serialize(Plain(json) ?? "")).TrimEnd('\n') + "\n";

    private static object? Plain(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => Map(json),
        JsonValueKind.Array => json.EnumerateArray().Select(Plain).ToList(),
        JsonValueKind.String => json.GetString() is { } text && IsMistakable(text) ? new Quoted(text) : json.GetString(),
        JsonValueKind.Number when json.TryGetInt64(out var whole) => whole,
        JsonValueKind.Number => json.GetDouble(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => null,
    };

    private static OrderedDictionary<string, object?> Map(JsonElement json)
    {
        var map = new OrderedDictionary<string, object?>(StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject())
        {
            map[member.Name] = Plain(member.Value);
        }
        return map;
    }

    // Numbers in any writing, and characters that are shown as their codes, which mean the same within double quotes alone.
    private static bool IsMistakable(string text) =>
        Visible.Escape(text) != text || double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    private sealed record Quoted(string Text);

    private sealed class QuotedConverter : IYamlTypeConverter
    {
        public bool Accepts(Type type) => type == typeof(Quoted);

        public object ReadYaml(IParser parser, Type type, ObjectDeserializer rootDeserializer) => throw new NotSupportedException();

        public void WriteYaml(IEmitter emitter, object? value, Type type, ObjectSerializer serializer) => emitter.Emit(
            new Scalar(AnchorName.Empty, TagName.Empty, ((Quoted)value!).Text, ScalarStyle.DoubleQuoted, false, true));
    }
}
