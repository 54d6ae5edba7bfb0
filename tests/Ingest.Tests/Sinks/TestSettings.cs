using Microsoft.Extensions.Configuration;

namespace Ingest.Tests.Sinks;

/// <summary>Configuration sections made in a test.</summary>
internal static class TestSettings
{
    internal static IConfigurationSection Section(string path, params (string Key, string Value)[] settings) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create($"{path}:{setting.Key}", (string?)setting.Value)))
            .Build()
            .GetSection(path);
}
