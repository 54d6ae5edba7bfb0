namespace Ingest.Intake.Dialects;

/// <summary>
/// A protocol that producers speak already: its paths, how events lie in its bodies, where its keys and ids are, and its answers in its own
/// words. A dialect never touches the log, the queue or what durable means: it is given a body and names the events in it.
/// </summary>
/// <remarks>
/// An application adds its own by registering an instance as a service of this type before <c>AddIngest</c>. Its settings are
/// <c>Dialects:NAME:*</c>; nothing is served before <see cref="DialectOptions.Enabled"/> says so.
/// </remarks>
public interface IDialect
{
    /// <summary>The name in the settings and in <c>--dialect</c>: a lower-case letter, then lower-case letters and digits.</summary>
    string Name { get; }

    /// <summary>
    /// The class its settings are bound to: <see cref="DialectOptions"/> or one derived from it, with a constructor without parameters.
    /// </summary>
    Type OptionsType { get; }

    /// <summary>What it serves. Called once for each node, when the dialect is enabled.</summary>
    /// <param name="options">Its settings, bound and checked: an instance of <see cref="OptionsType"/>.</param>
    IEnumerable<DialectRoute> Routes(DialectOptions options);
}
