namespace Ingest.Tests.Architecture.Example;

/// <summary>What every station of the example may use.</summary>
internal sealed class Shared;
