using Ingest.Hosting;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddIngest(builder.Configuration.GetSection("Ingest"));
var app = builder.Build();
app.MapIngest();
app.Run();
