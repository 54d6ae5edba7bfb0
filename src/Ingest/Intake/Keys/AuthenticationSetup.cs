using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Logging;

namespace Ingest.Intake.Keys;

/// <summary>From the settings to who says who sends.</summary>
internal static class AuthenticationSetup
{
    /// <summary>Whether producers without a key are let in: where that is asked for, or no key is known at all.</summary>
    internal static bool IsAnonymousAllowed(IntakeOptions options) =>
        options.Anonymous || (options.KeysFile.Length == 0 && options.IntrospectionUrl.Length == 0);

    /// <exception cref="ArgumentException">A setting is wrong; the message names key and value.</exception>
    /// <exception cref="FormatException">The keys' file is not what it should be; the message says where and why.</exception>
    /// <exception cref="IOException">A file that a setting names cannot be read.</exception>
    [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "Authentication owns its parts.")]
    internal static Authentication Create(IntakeOptions options, TimeProvider time, ILogger logger)
    {
        var keys = options.KeysFile.Length > 0 ? new KeyFileWatch(options.KeysFile, options.KeysFilePoll, time, logger) : null;
        if (options.IntrospectionUrl.Length == 0)
        {
            return new Authentication(IsAnonymousAllowed(options), keys, introspection: null);
        }
        var client = new IntrospectionClient(options, time);
        return new Authentication(
            IsAnonymousAllowed(options), keys, new TokenIntrospection(client.AskAsync, options, time, logger, client));
    }
}
