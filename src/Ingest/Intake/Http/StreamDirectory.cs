using System.Collections.Concurrent;
using Ingest.Events;
using Ingest.Intake.Json;

namespace Ingest.Intake.Http;

/// <summary>
/// The streams there are. Where they are not listed in the configuration, a name becomes a stream with its first stored event, up to
/// <see cref="IntakeOptions.StreamsMax"/>: names turn into topics and folders, so producers may not make them without bound.
/// </summary>
/// <remarks>
/// A name makes room for another once the stream has had no events for <see cref="IntakeOptions.StreamIdle"/> and all of them are settled,
/// which they are when the oldest pending event of any lane is younger than the stream's last one. Making room changes nothing but the
/// count: a name that comes again is a new one. Any thread.
/// </remarks>
internal sealed class StreamDirectory
{
    // Events' ages are told by the wall clock, to the second.
    private static readonly TimeSpan ClockSlack = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, StreamRoute> _routes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KeyPointer> _pointers = new(StringComparer.Ordinal);
    private readonly bool _closed;
    private readonly IntakeOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<TimeSpan> _oldestPending;
    private readonly Dictionary<string, int> _countByKey = new(StringComparer.Ordinal);

    // Until then no name makes room: refusals cost no search.
    private long _fullUntil;

    /// <param name="options">The settings.</param>
    /// <param name="known">Streams the log already has events of.</param>
    /// <param name="time">The clock; null: the system's.</param>
    /// <param name="oldestPending">The age of the oldest event that some lane still has to deliver; null: there is none.</param>
    /// <exception cref="ArgumentException">A setting is wrong; the message names key and value.</exception>
    internal StreamDirectory(
        IntakeOptions options, IEnumerable<string> known, TimeProvider? time = null, Func<TimeSpan>? oldestPending = null)
    {
        (_options, _time, _oldestPending) = (options, time ?? TimeProvider.System, oldestPending ?? (() => TimeSpan.Zero));
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
        _fullUntil = _time.GetTimestamp();
    }

    /// <summary>How many there are.</summary>
    internal int Count => _routes.Count;

    /// <summary>
    /// The stream of that name, or null with the problem. A stream without stored events is only looked at: <see cref="Keep"/>
    /// makes it one.
    /// </summary>
    internal StreamRoute? Find(string? name, out Problem problem)
    {
        problem = default;
        if (name is not null && _routes.TryGetValue(name, out var route))
        {
            route.UsedAt = _time.GetTimestamp();
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
        else if (_routes.Count >= _options.StreamsMax && _time.GetElapsedTime(Volatile.Read(ref _fullUntil)) < TimeSpan.Zero)
        {
            problem = TooMany(_fullUntil);
        }
        else
        {
            return Make(name);
        }
        return null;
    }

    /// <summary>Makes the stream one of those there are, before its first event is stored, or says why it cannot be one now.</summary>
    /// <param name="route">The stream.</param>
    /// <param name="key">The name of the key that brings it; empty for a producer without one.</param>
    internal Problem Keep(StreamRoute route, string key)
    {
        if (_routes.ContainsKey(route.Name))
        {
            return default;
        }
        lock (_lock)
        {
            if (_routes.ContainsKey(route.Name))
            {
                return default;
            }
            if (key.Length > 0 && _countByKey.GetValueOrDefault(key) >= ShareMax && !TryMakeRoomNeedsLock(key, out var next))
            {
                return new Problem(
                    ProblemKind.StreamsExhausted, "This key has named as many streams as Intake:StreamsPerKeyMax lets it at once.")
                {
                    RetrySeconds = Seconds(next),
                };
            }
            if (_routes.Count >= _options.StreamsMax && !TryMakeRoomNeedsLock(key: null, out next))
            {
                Volatile.Write(ref _fullUntil, next);
                return TooMany(next);
            }
            (route.Key, route.UsedAt) = (key, _time.GetTimestamp());
            _countByKey[key] = _countByKey.GetValueOrDefault(key) + 1;
            _routes[route.Name] = route;
            return default;
        }
    }

    private int ShareMax => _options.StreamsPerKeyMax > 0 ? _options.StreamsPerKeyMax : Math.Max(_options.StreamsMax * 3 / 4, 1);

    /// <summary>Gives up the name that was used longest ago, of a key's or of all, if it may be.</summary>
    /// <param name="key">Whose name; null: anyone's.</param>
    /// <param name="next">Where none may be: when to look again.</param>
    private bool TryMakeRoomNeedsLock(string? key, out long next)
    {
        StreamRoute? oldest = null;
        foreach (var route in _routes.Values)
        {
            if (route.Name != StreamName.Default && (key is null || route.Key == key) && (oldest is null || route.UsedAt < oldest.UsedAt))
            {
                oldest = route;
            }
        }
        var now = _time.GetTimestamp();
        var idle = oldest is null ? TimeSpan.Zero : _time.GetElapsedTime(oldest.UsedAt, now);
        if (oldest is null || idle < _options.StreamIdle || idle - ClockSlack <= _oldestPending())
        {
            var wait = TimeSpan.FromTicks(Math.Max((_options.StreamIdle - idle).Ticks, LookAgain.Ticks));
            next = now + (long)(wait.TotalSeconds * _time.TimestampFrequency);
            return false;
        }
        _routes.TryRemove(oldest.Name, out _);
        _countByKey[oldest.Key] = _countByKey.GetValueOrDefault(oldest.Key) - 1;
        next = now;
        return true;
    }

    private Problem TooMany(long until) =>
        new(ProblemKind.StreamsExhausted, "The node has as many streams as Intake:StreamsMax allows, and this is none of them.")
        {
            RetrySeconds = Seconds(until),
        };

    private int Seconds(long until) => Math.Max(1, (int)Math.Ceiling(-_time.GetElapsedTime(until).TotalSeconds));

    private StreamRoute Make(string name) => new(name, _pointers.GetValueOrDefault(name)) { UsedAt = _time.GetTimestamp() };
}
