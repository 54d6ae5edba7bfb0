// The least a durable 202 can cost: the bare Kestrel, and a flush that the requests of the moment share. No frames, checksums, numbers,
// recovery, limits, metrics or delivery: what is between it and ingest is the product, what is between it and bare is the disk.
// Arguments: URL, file, and http2 for HTTP/2 in clear text.
using System.Text.Json;
using Ingest.Benchmarks;
using Ingest.Hosting;
using Ingest.Hosting.Lifecycle;
using Microsoft.AspNetCore.Server.Kestrel.Core;

SchedulerSlice.Set(SchedulerSlice.Shortest);
var log = new SharedFlush(args[1]);
var builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
var http2 = args.Length > 2 && args[2] == "http2";
// Over HTTP/2 each answer would be a system call of its own with it.
builder.WebHost.UseUrls(args[0]).UseSockets(sockets => sockets.UnsafePreferInlineScheduling = !http2);
if (http2)
{
    builder.WebHost.ConfigureKestrel(server => server.ConfigureEndpointDefaults(endpoint => endpoint.Protocols = HttpProtocols.Http2));
}
var app = builder.Build();
var answer = "{\"accepted\":1}"u8.ToArray();
var values = new JsonReaderOptions { AllowMultipleValues = true };

app.MapPost("/v1/events", (RequestDelegate)(async context =>
{
    var reader = context.Request.BodyReader;
    var result = await reader.ReadAsync();
    while (!result.IsCompleted)
    {
        reader.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        result = await reader.ReadAsync();
    }
    var json = new Utf8JsonReader(result.Buffer, values);
    while (json.Read())
    {
    }
    var stored = log.Append(result.Buffer);
    reader.AdvanceTo(result.Buffer.End);
    await stored.WaitAsync();
    context.Response.StatusCode = 202;
    context.Response.ContentType = "application/json";
    context.Response.ContentLength = answer.Length;
    await context.Response.BodyWriter.WriteAsync(answer);
}));
app.Run();
