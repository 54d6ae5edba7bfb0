using System.Buffers;
using System.Text;
using Ingest.Events;

namespace Ingest.Kafka;

/// <summary>Turns a stream's name into a topic's. One thread at a time.</summary>
internal sealed class TopicTemplate
{
    /// <summary>What stands for the stream.</summary>
    internal const string StreamPlaceholder = "{stream}";

    private const int TopicLengthMax = 249;
    private const char InternalPrefix = '_';

    // Streams come from producers: beyond this many the cache starts over instead of growing.
    private const int CachedMax = 4096;

    private static readonly SearchValues<char> Legal =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    private readonly string _template;
    private readonly Dictionary<string, string> _topics = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    internal TopicTemplate(string template)
    {
        _template = template;
        _lookup = _topics.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Null, or what is wrong with a template.</summary>
    /// <param name="template">The template.</param>
    /// <param name="internalTopics">Topics with an internal name that may be written to.</param>
    internal static string? FaultIn(string template, IReadOnlyList<string> internalTopics)
    {
        if (!template.Contains(StreamPlaceholder, StringComparison.Ordinal) && IsForbidden(template, internalTopics))
        {
            return $"begins with '{InternalPrefix}' as Kafka's own topics do; {nameof(KafkaOptions.InternalTopics)} may list it.";
        }
        var literal = template.Replace(StreamPlaceholder, "", StringComparison.Ordinal);
        if (template.Length == 0 || template is "." or ".." || literal.AsSpan().ContainsAnyExcept(Legal))
        {
            return "must be made of letters, digits, '.', '_', '-' and {stream}.";
        }
        var streams = (template.Length - literal.Length) / StreamPlaceholder.Length;
        var longest = literal.Length + (streams * StreamName.LengthMax);
        return longest > TopicLengthMax
            ? $"must be shorter: with the longest stream name it has {longest} characters, and a topic has at most {TopicLengthMax}."
            : null;
    }

    /// <summary>Whether a topic has an internal name and is not listed.</summary>
    internal static bool IsForbidden(string topic, IReadOnlyList<string> internalTopics) =>
        topic.StartsWith(InternalPrefix) && !internalTopics.Contains(topic, StringComparer.Ordinal);

    /// <summary>The topic of a stream.</summary>
    internal string this[ReadOnlySpan<byte> stream]
    {
        get
        {
            Span<char> name = stackalloc char[byte.MaxValue];
            name = name[..Encoding.ASCII.GetChars(stream, name)];
            if (!_lookup.TryGetValue(name, out var topic))
            {
                var text = name.ToString();
                topic = _template.Replace(StreamPlaceholder, text, StringComparison.Ordinal);
                if (_topics.Count >= CachedMax)
                {
                    _topics.Clear();
                }
                _topics.Add(text, topic);
            }
            return topic;
        }
    }
}
