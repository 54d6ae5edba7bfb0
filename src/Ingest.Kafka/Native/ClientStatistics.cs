using System.Text;
using System.Text.Json;

namespace Ingest.Kafka;

/// <summary>What is of interest in the client's statistics.</summary>
/// <param name="QueueEvents">Events the client holds.</param>
/// <param name="QueueBytes">Their bytes.</param>
/// <param name="Brokers">Every broker by its number.</param>
internal sealed record ClientStatistics(long QueueEvents, long QueueBytes, IReadOnlyList<BrokerStatistics> Brokers)
{
    private const double MicrosecondsPerSecond = 1e6;
    private const double MillisecondsPerSecond = 1e3;

    /// <summary>Nothing read yet.</summary>
    internal static ClientStatistics None { get; } = new(0, 0, []);

    /// <summary>Reads the client's JSON.</summary>
    /// <exception cref="JsonException">It is not what this code knows.</exception>
    internal static ClientStatistics Parse(string json)
    {
        long events = 0, bytes = 0;
        var brokers = new List<BrokerStatistics>();
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json));
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("msg_cnt"u8))
            {
                events = ReadNumber(ref reader);
            }
            else if (reader.ValueTextEquals("msg_size"u8))
            {
                bytes = ReadNumber(ref reader);
            }
            else if (reader.ValueTextEquals("brokers"u8))
            {
                ReadBrokers(ref reader, brokers);
            }
            else
            {
                reader.Skip();
            }
        }
        return new ClientStatistics(events, bytes, brokers);
    }

    private static void ReadBrokers(ref Utf8JsonReader reader, List<BrokerStatistics> brokers)
    {
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
            long node = -1, roundTrip = 0, throttle = 0;
            var isUp = false;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("nodeid"u8))
                {
                    node = ReadNumber(ref reader);
                }
                else if (reader.ValueTextEquals("state"u8))
                {
                    reader.Read();
                    isUp = reader.ValueTextEquals("UP"u8);
                }
                else if (reader.ValueTextEquals("rtt"u8))
                {
                    roundTrip = ReadAverage(ref reader);
                }
                else if (reader.ValueTextEquals("throttle"u8))
                {
                    throttle = ReadAverage(ref reader);
                }
                else
                {
                    reader.Skip();
                }
            }
            // Bootstrap addresses that turned out to be known brokers have no number of their own.
            if (node >= 0)
            {
                brokers.Add(new BrokerStatistics((int)node, isUp, roundTrip / MicrosecondsPerSecond, throttle / MillisecondsPerSecond));
            }
        }
    }

    private static long ReadAverage(ref Utf8JsonReader reader)
    {
        long average = 0;
        Expect(reader.Read() && reader.TokenType == JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("avg"u8))
            {
                average = ReadNumber(ref reader);
            }
            else
            {
                reader.Skip();
            }
        }
        return average;
    }

    private static long ReadNumber(ref Utf8JsonReader reader)
    {
        Expect(reader.Read() && reader.TokenType == JsonTokenType.Number);
        return reader.GetInt64();
    }

    private static void Expect(bool condition)
    {
        if (!condition)
        {
            throw new JsonException("The statistics have another form than expected.");
        }
    }
}

/// <summary>One broker's figures.</summary>
/// <param name="Node">Its number.</param>
/// <param name="IsUp">Whether it is connected.</param>
/// <param name="RoundTripSeconds">Mean time from request to answer in the last interval; 0 when there was none.</param>
/// <param name="ThrottleSeconds">Mean time the broker held back answers because of a quota.</param>
internal readonly record struct BrokerStatistics(int Node, bool IsUp, double RoundTripSeconds, double ThrottleSeconds);
