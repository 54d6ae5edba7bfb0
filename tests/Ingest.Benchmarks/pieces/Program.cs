// BenchmarkDotNet on the hot pieces: make bench-pieces. Times are this machine's; allocations, and the counts of instructions that
// instructions.sh takes of the same pieces, are everywhere the same.
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Ingest.Pieces;

var config = ManualConfig.Create(DefaultConfig.Instance)
    .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
    .WithArtifactsPath("artifacts/pieces");
BenchmarkSwitcher.FromTypes([typeof(PieceBenchmarks)]).Run(["--filter", "*", .. args], config);
