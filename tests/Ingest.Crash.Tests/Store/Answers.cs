using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Store;

/// <summary>
/// Answers to questions over dead letters beside those computed from the export, which reads every letter from the dead-letter log.
/// </summary>
internal static class Answers
{
    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private static readonly (string Query, Func<JsonElement, bool> Matches)[] Questions =
    [
        ("lane=http", _ => true),
        ("stream=a", letter => Text(letter, "stream") == "a"),
        ("key=k1", letter => Key(letter) == "k1"),
        ("stream=b&key=k2", letter => Text(letter, "stream") == "b" && Key(letter) == "k2"),
        ("reason=POISON%203", letter => Text(letter, "reason").Contains("poison 3", StringComparison.Ordinal)),
        ("state=dead", letter => Text(letter, "state") == "dead"),
        ("attempts=2", letter => letter.GetProperty("attempts").GetInt32() >= 2),
        ("until=2020-01-01T00:00:00Z", _ => false),
    ];

    internal static async Task<List<JsonElement>> ExportAsync(IngestSetup setup) =>
    [
        .. (await Http.GetStringAsync(new Uri(setup.Admin, "/deadletters/export")))
            .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<JsonElement>(line)),
    ];

    /// <summary>Asks while nothing changes.</summary>
    internal static async Task CheckAsync(IngestSetup setup)
    {
        var all = await ExportAsync(setup);
        foreach (var (query, matches) in Questions)
        {
            var expected = all.Where(matches).ToList();
            Assert.Equal(expected.Select(letter => Text(letter, "id")), await PagesAsync(setup, query));
            var groups = (await GetAsync(setup, $"/deadletters/groups?by=stream,reason&limit=1000&{query}")).GetProperty("groups");
            Assert.Equal(
                expected.GroupBy(letter => $"{Text(letter, "stream")} {Text(letter, "reason").Split(':')[0]}")
                    .Select(group => $"{group.Key} {group.Count()} {group.Sum(letter => letter.GetProperty("bytes").GetInt64())}").Order(),
                groups.EnumerateArray().Select(group =>
                    $"{Text(group, "stream")} {Text(group, "reason")} {group.GetProperty("count")} {group.GetProperty("bytes")}").Order());
        }
    }

    internal static async Task<JsonElement> StatusAsync(IngestSetup setup) => (await GetAsync(setup, "/status")).GetProperty("deadLetters");

    /// <summary>Ends when the store holds all the log says. Before the first letter there is neither.</summary>
    internal static Task LevelAsync(IngestSetup setup) => Poll.Until(
        "the store is level",
        async () => Store(await StatusAsync(setup)) is var store
            && (store.ValueKind == JsonValueKind.Null || store.GetProperty("isLevel").GetBoolean()),
        TimeSpan.FromSeconds(60));

    internal static JsonElement Store(JsonElement letters) => letters.GetProperty("store");

    private static async Task<List<string>> PagesAsync(IngestSetup setup, string query)
    {
        var ids = new List<string>();
        var after = "";
        while (true)
        {
            var page = await GetAsync(setup, $"/deadletters?limit=500&{query}{after}");
            ids.AddRange(page.GetProperty("letters").EnumerateArray().Select(letter => Text(letter, "id")));
            if (!page.TryGetProperty("next", out var next) || next.ValueKind == JsonValueKind.Null)
            {
                return ids;
            }
            after = $"&after={next}";
        }
    }

    private static async Task<JsonElement> GetAsync(IngestSetup setup, string path) =>
        JsonSerializer.Deserialize<JsonElement>(await Http.GetStringAsync(new Uri(setup.Admin, path)));

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static string Key(JsonElement letter) =>
        letter.GetProperty("event").TryGetProperty("key", out var key) ? key.GetString()! : "";
}
