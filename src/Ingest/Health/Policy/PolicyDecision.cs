namespace Ingest.Health.Policy;

/// <summary>What the operator's policy says to a request.</summary>
public enum PolicyVerdict
{
    /// <summary>Accept.</summary>
    Admit,

    /// <summary>The stream or key is switched off: 503 <c>policy_refused</c>.</summary>
    Refuse,

    /// <summary>A limit is used up: 429 <c>rate_limited</c>.</summary>
    Limit,
}

/// <summary>What a rule is about.</summary>
public enum PolicyScope
{
    /// <summary>The whole node.</summary>
    Node,

    /// <summary>The request's stream.</summary>
    Stream,

    /// <summary>The request's API key.</summary>
    Key,
}

/// <summary>The policy's answer to a request.</summary>
/// <param name="Verdict">What to do.</param>
/// <param name="Scope">Whose rule decided; meaningless for <see cref="PolicyVerdict.Admit"/>.</param>
/// <param name="RetrySeconds">When there is room again, for <see cref="PolicyVerdict.Limit"/>; not rounded.</param>
public readonly record struct PolicyDecision(PolicyVerdict Verdict, PolicyScope Scope = PolicyScope.Node, double RetrySeconds = 0);
