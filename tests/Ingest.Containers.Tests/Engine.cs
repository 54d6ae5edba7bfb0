using DotNet.Testcontainers.Configurations;

namespace Ingest.Containers.Tests;

/// <summary>Says whether a container engine answers on this machine.</summary>
public static class Engine
{
    /// <summary>The reason printed with each skipped test.</summary>
    internal const string Missing = "no container engine answers here";

    /// <summary>True if one does. Testcontainers looks at DOCKER_HOST, the usual sockets and the Docker contexts.</summary>
    public static bool Answers { get; } = TestcontainersSettings.OS.DockerEndpointAuthConfig is not null;
}
