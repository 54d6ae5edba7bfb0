using System.Collections.Concurrent;
using Ingest.Events;
using Ingest.Intake.Json;

namespace Ingest.Intake.Http;

/// <summary>
/// The streams there are. Where they are not listed in the configuration, a name becomes a stream with its first stored event, up to
/// <see cref="IntakeOptions.StreamsMax"/>: names turn into topics and folders, so nobody may make them without bound.
/// </summary>
internal sealed class StreamDirectory
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, StreamRoute> _routes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KeyPointer> _pointers = new(StringComparer.Ordinal);
    private readonly bool _closed;
    private readonly int _countMax;

    /// <param name="options">The settings.</param>
    /// <param name="known">Streams the log already has events of.</param>
    /// <exception cref="ArgumentException">A setting is wrong; the message names key and value.</exception>
    internal StreamDirectory(IntakeOptions options, IEnumerable<string> known)
    {
        _countMax = options.StreamsMax;
        foreach (var (stream, text) in options.KeyPointers)
        {
            if (!KeyPointer.TryParse(text, out var pointer))
            {
                throw new ArgumentException(
                    $"Intake:KeyPointers:{stream} = \"{text}\" is no JSON pointer (RFC 6901): expected text such as /user/id.");
            }
            _pointers[stream] = pointer!;
        }
        _closed = options.Streams.Length > 0;
        if (options.Streams.FirstOrDefault(name => !StreamName.IsValid(name)) is { } wrong)
        {
            throw new ArgumentException(
                $"Intake:Streams has \"{wrong}\": expected letters, digits, '.', '_', '-', at most {StreamName.LengthMax} characters.");
        }
        foreach (var name in _closed ? options.Streams : known.Where(name => StreamName.IsValid(name)).Append(StreamName.Default))
        {
            _routes.TryAdd(name, Make(name));
        }
    }

    /// <summary>How many there are.</summary>
    internal int Count => _routes.Count;

    /// <summary>
    /// The stream of that name, or null with the problem. A stream nobody has stored events in yet is only looked at: <see cref="TryKeep"/>
    /// makes it one.
    /// </summary>
    internal StreamRoute? Find(string? name, out Problem problem)
    {
        problem = default;
        if (name is not null && _routes.TryGetValue(name, out var route))
        {
            return route;
        }
        if (name is null || !StreamName.IsValid(name))
        {
            problem = new Problem(
                ProblemKind.UnknownStream,
                "This is no stream's name: letters, digits, '.', '_', '-', beginning with none of '.' and '-', at most 128 characters.");
        }
        else if (_closed)
        {
            problem = new Problem(ProblemKind.UnknownStream, "The stream is not in Intake:Streams.");
        }
        else if (_routes.Count >= _countMax)
        {
            problem = TooMany;
        }
        else
        {
            return Make(name);
        }
        return null;
    }

    /// <summary>Makes the stream one of those there are, before its first event is stored. False: by now there are too many.</summary>
    internal bool TryKeep(StreamRoute route)
    {
        if (_routes.ContainsKey(route.Name))
        {
            return true;
        }
        lock (_lock)
        {
            return _routes.ContainsKey(route.Name) || (_routes.Count < _countMax && _routes.TryAdd(route.Name, route));
        }
    }

    internal static Problem TooMany { get; } = new(
        ProblemKind.UnknownStream, "The node has as many streams as Intake:StreamsMax allows, and this is none of them.");

    private StreamRoute Make(string name) => new(name, _pointers.GetValueOrDefault(name));
}
