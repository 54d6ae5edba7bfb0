// An application of its own that takes events and delivers them to a sink of its own. Run it and post:
//   dotnet run --project samples/EmbeddedHost -- --urls http://127.0.0.1:5080
//   curl -d '{"order":1}' -H 'Content-Type: application/json' http://127.0.0.1:5080/v1/streams/orders/events
using EmbeddedHost;
using Ingest.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.Configuration.AddInMemoryCollection([new("Ingest:Deliver", "lines")]);
builder.Configuration.AddCommandLine(args);

builder.Services.AddSink<LineSinkFactory>();
builder.Services.AddIngest(builder.Configuration.GetSection("Ingest"));

var app = builder.Build();
app.MapIngest();
app.MapGet("/", () => "POST events to /v1/events.");
await app.RunAsync();
