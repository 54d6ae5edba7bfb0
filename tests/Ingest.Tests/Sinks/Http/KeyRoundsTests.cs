using System.Globalization;
using Ingest.Sinks.Http;

namespace Ingest.Tests.Sinks.Http;

public sealed class KeyRoundsTests
{
    [Fact]
    public void Whatever_is_put_off_nothing_of_its_key_is_sent_behind_it_and_everything_else_is_sent_once()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var keys = Enumerable.Range(0, random.Next(1, 60)).Select(_ => random.Next(6)).ToList();
            var eventsMax = random.Next(1, 20);
            using var batch = TestEvents.Batch(
                1, [.. keys.Select(key => TestEvents.Body("1", key: key == 0 ? "" : key.ToString(CultureInfo.InvariantCulture)))]);
            var rounds = new KeyRounds(batch, [.. Enumerable.Range(0, keys.Count)], eventsMax, oncePerKey: true);
            var (sent, held) = (new List<int>(), new HashSet<int>());
            while (rounds.Next() is { Count: > 0 } round)
            {
                Assert.True(round.Count <= eventsMax, $"seed {seed}: {round.Count} events");
                foreach (var index in round)
                {
                    Assert.False(held.Contains(keys[index]), $"seed {seed}: event {index} overtook another of its key");
                    Assert.True(keys[index] == 0 || round.Count(other => keys[other] == keys[index]) == 1, $"seed {seed}: a key twice");
                }
                sent.AddRange(round);
                foreach (var index in round.Where(_ => random.Next(10) == 0))
                {
                    rounds.Hold(index);
                    _ = keys[index] != 0 && held.Add(keys[index]);
                }
            }
            Assert.Equal(sent.Count, sent.Distinct().Count());
            foreach (var key in keys.Distinct())
            {
                var ofKey = sent.Where(index => keys[index] == key).ToList();
                Assert.True(key == 0 || ofKey.SequenceEqual(ofKey.Order()), $"seed {seed}: key {key} out of order");
                Assert.True(held.Contains(key) || ofKey.Count == keys.Count(other => other == key), $"seed {seed}: key {key} not sent");
            }
        }
    }
}
