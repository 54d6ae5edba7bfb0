using System.Globalization;
using System.Net;
using Ingest.Abuse.Cases;
using Ingest.Testing;

namespace Ingest.Abuse;

/// <summary>Sends every case at the real executable, with honest producers beside it.</summary>
public sealed class AbuseRun : IDisposable
{
    private const int WarmRequests = 500;
    private const int RoundsMax = 12;

    // How many times slower honest producers may be afterwards. The short form runs beside other tests, which take the processor away at
    // times: it finds what ruins a node, not what slows it.
    private const double RatioMax = 3;
    private const double RatioMaxShort = 30;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan ReturnDeadline = TimeSpan.FromSeconds(30);

    private readonly TemporaryDirectory _directory = new();
    private readonly bool _short;
    private readonly string _part;
    private IngestProcess? _node;
    private IngestProcess? _http2;

    /// <summary>A run that has not started anything yet.</summary>
    /// <param name="isShort">Small floods and short timeouts, so that it is over in half a minute.</param>
    /// <param name="part">Only the cases whose name has this in it; empty: all.</param>
    public AbuseRun(bool isShort, string part = "") => (_short, _part) = (isShort, part);

    /// <summary>Every case there is.</summary>
    public static IReadOnlyList<AbuseCase> Cases { get; } =
    [
        .. SlowCases.All, .. ConnectionCases.All, .. HeadCases.All, .. FramingCases.All, .. Http2Cases.All, .. BodyCases.All,
        .. DialectCases.All, .. GrpcCases.All,
    ];

    /// <summary>The dialects that have cases of their own.</summary>
    public static IReadOnlyList<string> Dialects => DialectCases.Names;

    /// <summary>What the nodes printed, for messages.</summary>
    public string Output => $"{_node?.Output}\n{_http2?.Output}";

    /// <summary>Runs one case after the other.</summary>
    /// <param name="seen">Shown each row as it comes.</param>
    public async Task<IReadOnlyList<AbuseRow>> RunAsync(Action<AbuseRow> seen)
    {
        var grpcPort = FreePort.Next();
        var setup = Setup("http1").With(DialectCases.Settings(grpcPort));
        var setup2 = Setup("http2").With(("Listen:Protocols", "Http2"));
        _node = await IngestProcess.StartReadyAsync(setup);
        _http2 = IngestProcess.Start(setup2);
        await ListensAsync(setup2.IntakePort);
        var target = new AbuseTarget(setup.IntakePort, setup2.IntakePort, grpcPort, _short ? 1000 : 10_000, _short ? 2000 : 20_000);
        foreach (var (node, version) in new[] { (_node, HttpVersion.Version11), (_http2, HttpVersion.Version20) })
        {
            using var honest = new HonestProducer(node.Setup.Intake, version);
            await honest.MeasureAsync(WarmRequests);
        }
        var rows = new List<AbuseRow>();
        foreach (var abuse in Cases.Where(abuse => abuse.Name.Contains(_part, StringComparison.OrdinalIgnoreCase)))
        {
            var row = await RunAsync(abuse, target);
            rows.Add(row);
            seen(row);
        }
        return rows;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _node?.Dispose();
        _http2?.Dispose();
        _directory.Dispose();
    }

    private IngestSetup Setup(string name)
    {
        var setup = new IngestSetup { Data = _directory[name], Sinks = ["discard"] };
        return _short ? setup.With(("Listen:HeadersTimeout", "1s"), ("Intake:BodyDeadline", "1s")) : setup;
    }

    private async Task<AbuseRow> RunAsync(AbuseCase abuse, AbuseTarget target)
    {
        var (node, version) = abuse.OverHttp2 ? (_http2!, HttpVersion.Version20) : (_node!, HttpVersion.Version11);
        // A node that fell asleep after the last case is not what is compared with.
        using var honest = new HonestProducer(node.Setup.Intake, version);
        var requests = _short ? 40 : 300;
        await honest.MeasureAsync(requests / 5);
        var before = Math.Max(await honest.MeasureAsync(requests), await honest.MeasureAsync(requests));
        var (connections, memory, errors) = (Connections(node), node.ResidentBytes, Errors(node));
        string got;
        using (var stop = new CancellationTokenSource())
        {
            var beside = honest.GoOnAsync(stop.Token);
            got = await OutcomeAsync(abuse, target);
            await stop.CancelAsync();
            await beside;
        }
        var (ratio, ratioMax) = (double.PositiveInfinity, _short ? RatioMaxShort : RatioMax);
        for (var round = 0; round < RoundsMax && ratio >= ratioMax; round++)
        {
            ratio = Math.Min(ratio, await honest.MeasureAsync(requests) / before);
        }
        var leaked = await ReturnAsync(() => Connections(node) - connections, left => left <= 0);
        var grown = await ReturnAsync(() => (int)((node.ResidentBytes - memory) >> 20), mebibytes => mebibytes < AbuseRow.MemoryMiBMax);
        if (Errors(node) > errors)
        {
            got += ", and an exception in the log";
        }
        return new AbuseRow(abuse, got, honest.Counts, ratio, ratioMax, Math.Max(leaked, 0), grown);
    }

    private static async Task<string> OutcomeAsync(AbuseCase abuse, AbuseTarget target)
    {
        using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
        try
        {
            return await abuse.RunAsync(target, patience.Token);
        }
        catch (OperationCanceledException)
        {
            return string.Create(CultureInfo.InvariantCulture, $"nothing within {Patience.TotalSeconds} s");
        }
        catch (FormatException e)
        {
            return e.Message;
        }
    }

    /// <summary>Looks again until it is as it was, or long enough.</summary>
    private static async Task<int> ReturnAsync(Func<int> look, Func<int, bool> isBack)
    {
        var last = look();
        try
        {
            await Poll.Until("it is as before", () => isBack(last = look()), ReturnDeadline);
        }
        catch (TimeoutException)
        {
            // The last look is the answer.
        }
        return last;
    }

    /// <summary>How often the node's log names an exception: none comes of what others send.</summary>
    private static int Errors(IngestProcess node) => node.Output.Split("Exception").Length;

    /// <summary>Sockets the node has, by the kernel's count.</summary>
    private static int Connections(IngestProcess node) =>
        Directory.EnumerateFiles($"/proc/{node.Pid}/fd").Count(file =>
        {
            try
            {
                return new FileInfo(file).LinkTarget?.StartsWith("socket:", StringComparison.Ordinal) == true;
            }
            catch (IOException)
            {
                return false;
            }
        });

    private static async Task ListensAsync(int port)
    {
        await Poll.Until("the second node listens", async () =>
        {
            try
            {
                using var patience = new CancellationTokenSource(Patience, TimeProvider.System);
                using var wire = await RawConnection.ConnectAsync(port, patience.Token);
                return true;
            }
            catch (System.Net.Sockets.SocketException)
            {
                return false;
            }
        });
    }
}
