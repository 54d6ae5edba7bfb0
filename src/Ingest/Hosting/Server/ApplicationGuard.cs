using Ingest.Hosting.Settings;
using Ingest.Intake;
using Ingest.Operations.Admin;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ingest.Hosting.Server;

/// <summary>
/// Applies to an application that hosts a node the rule of the node's own listeners: what other machines can reach is guarded, or the
/// settings say that it need not be. Looks at the addresses the application listens at, once it does and before anything is accepted.
/// </summary>
internal sealed class ApplicationGuard(IServiceProvider services, NodeSettings settings)
{
    /// <summary>Where the application listens; empty where its server has no addresses, such as one in memory.</summary>
    internal IReadOnlyList<string> Addresses =>
        [.. services.GetService<IServer>()?.Features.Get<IServerAddressesFeature>()?.Addresses ?? []];

    /// <exception cref="SettingsException">Other machines can reach a route that nothing guards; the message says what to do.</exception>
    internal void ThrowIfOpen()
    {
        if (Addresses.FirstOrDefault(address => !IsLoopback(address)) is not { } reachable)
        {
            return;
        }
        var errors = new List<SettingError>();
        if (IsOpen(HostedSurface.Intake) && !NodeRules.IsGuarded(settings.Get<ListenerOptions>(), settings.Get<IntakeOptions>()))
        {
            errors.Add(new SettingError(
                "Intake:KeysFile",
                "",
                $"Intake:KeysFile or Intake:IntrospectionUrl must be set, because the application listens at {reachable}, which other "
                + "machines can reach; or require authorization for the routes of MapIngestIntake; or Intake:Anonymous=true, if anyone "
                + "there may send."));
        }
        if (IsOpen(HostedSurface.Operations) && settings.Get<AdminOptions>().Token.Length == 0)
        {
            errors.Add(new SettingError(
                "Admin:Token",
                "",
                $"Admin:Token must be set, because the application listens at {reachable}, which other machines can reach; or require "
                + "authorization for the routes of MapIngestOperations."));
        }
        if (errors.Count > 0)
        {
            throw new SettingsException(errors);
        }
    }

    private bool IsOpen(HostedSurface surface) =>
        services.GetService<IOptions<AuthorizationOptions>>()?.Value.FallbackPolicy is null
        && services.GetServices<EndpointDataSource>()
            .SelectMany(source => source.Endpoints)
            .Any(endpoint => endpoint.Metadata.GetMetadata<SurfaceMark>()?.Surface == surface
                && !IsAuthorized(endpoint.Metadata));

    private static bool IsAuthorized(EndpointMetadataCollection metadata) =>
        metadata.GetMetadata<IAuthorizeData>() is not null && metadata.GetMetadata<IAllowAnonymous>() is null;

    // A host name, or a form of address only the server knows, may be anything.
    private static bool IsLoopback(string address)
    {
        try
        {
            return ListenAddress.Parse(address.TrimEnd('/')).IsLoopback;
        }
        catch (FormatException)
        {
            return false;
        }
    }
}

/// <summary>Groups of routes that a node maps.</summary>
internal enum HostedSurface
{
    /// <summary>What producers call.</summary>
    Intake,

    /// <summary>What operators call.</summary>
    Operations,
}

/// <summary>On each route of a group.</summary>
/// <param name="Surface">The group.</param>
internal sealed record SurfaceMark(HostedSurface Surface);
