using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingest.Operations.Letters;

/// <summary>The JSON of the dead letters' documents, compiled. Members that are not known are refused: a slip of the finger in a filter
/// would otherwise drop everything.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LetterPage))]
[JsonSerializable(typeof(LetterRequest))]
[JsonSerializable(typeof(LetterChange))]
[JsonSerializable(typeof(LetterProgress))]
public sealed partial class LetterJson : JsonSerializerContext
{
    /// <summary>For writing: what is no markup stays as it is.</summary>
    public static LetterJson Plain { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
