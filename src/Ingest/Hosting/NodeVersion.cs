using System.Reflection;

namespace Ingest.Hosting;

/// <summary>The version that runs.</summary>
public static class NodeVersion
{
    /// <summary>The version as the build named it, with the commit where the build knew it.</summary>
    public static string Text { get; } =
        typeof(NodeVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
