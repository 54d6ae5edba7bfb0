namespace Ingest.Tests.Architecture.Example.Upper;

/// <summary>A station that refers to another in each way that code can.</summary>
internal sealed class InField
{
    internal Lower.Part? Part { get; set; }

    internal Shared? Shared { get; set; }
}

internal sealed class InBody
{
    internal static string Run() => new Lower.Part().ToString()!;
}

internal sealed class InLambda
{
    internal static Func<string> Run() => () => Lower.Deep.Deeper.Text;
}

internal sealed class InAsync
{
    internal static async Task<string> RunAsync()
    {
        await Task.Yield();
        return Lower.Deep.Deeper.Text;
    }
}

internal sealed class InGeneric
{
    internal List<Dictionary<string, Lower.Part>> Parts { get; } = [];
}
