using System.Globalization;

namespace Ingest.MockCluster;

/// <summary>The commands, as words of a line.</summary>
internal static class Commands
{
    private const string Ok = "ok";

    /// <summary>Does what the words say.</summary>
    internal static string Run(Cluster cluster, string[] words)
    {
        try
        {
            return words switch
            {
                ["topic", var topic, var partitions] => Answer(cluster.CreateTopic(topic, Number(partitions))),
                ["topic-error", var topic, var code] => Done(() => cluster.SetTopicError(topic, Number(code))),
                ["leader", var topic, var partition, var broker] => Answer(cluster.SetLeader(topic, Number(partition), Number(broker))),
                ["down", var broker] => Answer(cluster.SetDown(Number(broker))),
                ["up", var broker] => Answer(cluster.SetUp(Number(broker))),
                ["rtt", var broker, var milliseconds] => Answer(cluster.SetRoundTrip(Number(broker), Number(milliseconds))),
                ["errors", var api, .. var codes] => Done(() => cluster.PushErrors((short)Number(api), [.. codes.Select(Number)])),
                ["clear", var api] => Done(() => cluster.ClearErrors((short)Number(api))),
                _ => "error unknown command: topic, topic-error, leader, down, up, rtt, errors, clear",
            };
        }
        catch (FormatException failure)
        {
            return "error " + failure.Message;
        }
    }

    private static int Number(string word) => int.Parse(word, CultureInfo.InvariantCulture);

    private static string Answer(int code) => code == 0 ? Ok : $"error {code}";

    private static string Done(Action action)
    {
        action();
        return Ok;
    }
}
