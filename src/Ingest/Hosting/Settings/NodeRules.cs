using Ingest.Hosting.Server;
using Ingest.Intake;
using Ingest.Operations.Admin;

namespace Ingest.Hosting.Settings;

/// <summary>What keys of different sections say about each other.</summary>
internal static class NodeRules
{
    /// <summary>Shorter tokens can be guessed.</summary>
    internal const int TokenLengthMin = 16;

    /// <param name="listen">Where the node listens.</param>
    /// <param name="intake">Who may send.</param>
    /// <param name="admin">Who may act.</param>
    /// <param name="source">Where a key's value came from.</param>
    internal static IEnumerable<SettingError> Check(
        ListenerOptions listen, IntakeOptions intake, AdminOptions admin, Func<string, string> source)
    {
        var intakeAddress = Parse("Listen:Intake", listen.Intake, source, out var wrongIntake);
        var adminAddress = Parse("Listen:Admin", listen.Admin, source, out var wrongAdmin);
        foreach (var error in new[] { wrongIntake, wrongAdmin }.OfType<SettingError>())
        {
            yield return error;
        }
        if ((intakeAddress?.Tls == true || adminAddress?.Tls == true) && listen.CertificatePath.Length == 0)
        {
            yield return new SettingError(
                "Listen:CertificatePath", "", "Listen:CertificatePath must name a certificate: a listener is https.");
        }
        if (listen.ClientAuthoritiesPath.Length > 0 && intakeAddress is { Tls: false })
        {
            const string allowed = "asks for certificates, which needs Listen:Intake to be https.";
            yield return new SettingError(
                "Listen:ClientAuthoritiesPath", listen.ClientAuthoritiesPath, allowed, source("Listen:ClientAuthoritiesPath"));
        }
        if (intakeAddress is { Port: > 0 } && adminAddress is { Port: > 0 } && intakeAddress.Port == adminAddress.Port
            && intakeAddress.Host == adminAddress.Host)
        {
            const string allowed = "must not be the address of Listen:Intake.";
            yield return new SettingError("Listen:Admin", listen.Admin, allowed, source("Listen:Admin"));
        }
        if (intakeAddress is { IsLoopback: false } && !IsGuarded(listen, intake))
        {
            yield return new SettingError(
                "Intake:KeysFile",
                "",
                $"Intake:KeysFile or Intake:IntrospectionUrl must be set, because Listen:Intake = '{listen.Intake}' can be reached from "
                + "other machines; or Intake:Anonymous=true, if anyone there may send.");
        }
        if (admin.Token.Length is > 0 and < TokenLengthMin)
        {
            var allowed = $"must have at least {TokenLengthMin} characters: openssl rand -hex 32 makes one.";
            yield return new SettingError("Admin:Token", "****", allowed, source("Admin:Token"));
        }
        if (admin.Token.Length == 0 && adminAddress is { IsLoopback: false })
        {
            yield return new SettingError(
                "Admin:Token",
                "",
                $"Admin:Token must be set, because Listen:Admin = '{listen.Admin}' can be reached from other machines. "
                + "openssl rand -hex 32 makes one.");
        }
    }

    /// <summary>The lanes that count for <c>delivered</c> must be there, or no event would ever be.</summary>
    internal static IEnumerable<SettingError> CheckAckLanes(
        IntakeOptions intake, IReadOnlyList<SinkName> sinks, Func<string, string> source)
    {
        const string key = "Intake:AckLanes";
        return intake.AckLanes.Where(lane => !sinks.Any(sink => sink.Name.Equals(lane, StringComparison.OrdinalIgnoreCase)))
            .Select(lane => new SettingError(key, lane, "must name sinks of Deliver.", source(key)));
    }

    /// <summary>Whether producers have to show who they are, or the settings say that anyone may send.</summary>
    internal static bool IsGuarded(ListenerOptions listen, IntakeOptions intake) =>
        intake.Anonymous || intake.KeysFile.Length > 0 || intake.IntrospectionUrl.Length > 0 || listen.ClientAuthoritiesPath.Length > 0;

    internal static ListenAddress? Parse(string key, string url, Func<string, string> source, out SettingError? wrong)
    {
        try
        {
            wrong = null;
            return ListenAddress.Parse(url);
        }
        catch (FormatException)
        {
            const string allowed = "must be http://HOST:PORT, https://HOST:PORT or http://unix:/path/to.sock, "
                + "HOST an IP address, localhost, or * for all.";
            wrong = new SettingError(key, url, allowed, source(key));
            return null;
        }
    }
}
