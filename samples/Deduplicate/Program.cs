using System.Text;
using System.Text.Json;

// A consumer that takes each event once, without transactions: what it does with an event, and that it did, is one write.
// The node sends with
//   --sink http --set Sinks:http:Format=CloudEventsBatch --set Sinks:http:Url=http://127.0.0.1:9000/
// Usage: Deduplicate OUTPUT URL
var (output, url) = (args[0], args[1]);
var seen = new HashSet<string>(StringComparer.Ordinal);
await using var file = new FileStream(output, new FileStreamOptions
{
    Mode = FileMode.OpenOrCreate,
    Access = FileAccess.ReadWrite,
    // A write that comes back is on disk.
    Options = FileOptions.WriteThrough,
    BufferSize = 0,
});

// What was written before: a line that a crash cut short was not answered, and is written again.
var text = new byte[file.Length];
await file.ReadExactlyAsync(text);
var whole = Array.LastIndexOf(text, (byte)'\n') + 1;
file.SetLength(whole);
file.Seek(0, SeekOrigin.End);
var before = Encoding.UTF8.GetString(text, 0, whole).Split('\n', StringSplitOptions.RemoveEmptyEntries);
seen.UnionWith(before.Select(line => line.Split('\t')[0]));

using var oneAtATime = new SemaphoreSlim(1);
var app = WebApplication.Create(["--urls", url]);
app.MapPost("/", async (JsonElement[] events) =>
{
    await oneAtATime.WaitAsync();
    try
    {
        var (lines, fresh) = (new StringBuilder(), new HashSet<string>(StringComparer.Ordinal));
        foreach (var one in events)
        {
            // What CloudEvents calls the identity. Events that came without an id have the node's: the same as ingest-id in Kafka.
            var identity = $"{one.GetProperty("source").GetString()} {one.GetProperty("id").GetString()}";
            if (!seen.Contains(identity) && fresh.Add(identity))
            {
                lines.Append(identity).Append('\t').Append(JsonSerializer.Serialize(one.GetProperty("data"))).Append('\n');
            }
        }
        await file.WriteAsync(Encoding.UTF8.GetBytes(lines.ToString()));
        seen.UnionWith(fresh);
        // Only now may the node forget them.
        return Results.NoContent();
    }
    catch (IOException failed)
    {
        // How much of it is in the file is found out at the next start.
        Environment.FailFast(failed.Message);
        throw;
    }
    finally
    {
        oneAtATime.Release();
    }
});
await app.RunAsync();
