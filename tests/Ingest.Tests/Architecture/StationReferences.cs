using ArchUnitNET.Domain;
using ArchUnitNET.Domain.Dependencies;

namespace Ingest.Tests.Architecture;

/// <summary>
/// Reads from compiled code which stations the types of others refer to: a reference counts whether it is written in full, relative to
/// the namespace around it, or not at all. A station is a namespace one level below the root, and so is everything within it.
/// </summary>
/// <param name="code">The assemblies.</param>
/// <param name="root">The namespace that the stations are in. Types in it directly belong to none, and may refer to none.</param>
internal sealed class StationReferences(ArchUnitNET.Domain.Architecture code, string root)
{
    /// <summary>Stations that have types.</summary>
    internal IReadOnlyList<string> Stations =>
        [.. code.Types.Where(IsWithinRoot).Select(Station).Where(station => station.Length > 0).Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Each reference that is not allowed, as <c>type refers to type</c>.</summary>
    /// <param name="allowed">What each station may refer to beside itself: stations, or parts of them.</param>
    internal IReadOnlyList<string> Violations(IReadOnlyDictionary<string, string[]> allowed) =>
    [
        .. code.Types.Where(IsWithinRoot)
            .SelectMany(type => type.Dependencies.SelectMany(Targets).Where(IsWithinRoot).Select(target => (From: type, To: target)))
            .Where(pair => !MayRefer(Station(pair.From), Part(pair.To), allowed))
            .Select(pair => $"{pair.From.FullName} refers to {pair.To.FullName}")
            .Distinct()
            .Order(StringComparer.Ordinal),
    ];

    private static IEnumerable<IType> Targets(ITypeDependency dependency) =>
        dependency.TargetGenericArguments.SelectMany(Flat).Prepend(dependency.Target);

    private static IEnumerable<IType> Flat(GenericArgument argument) => argument.GenericArguments.SelectMany(Flat).Prepend(argument.Type);

    private static bool MayRefer(string station, string part, IReadOnlyDictionary<string, string[]> allowed) =>
        part.Length == 0 || IsWithin(part, station) || allowed.GetValueOrDefault(station, []).Any(each => IsWithin(part, each));

    private static bool IsWithin(string part, string whole) =>
        part == whole || (whole.Length > 0 && part.StartsWith(whole + ".", StringComparison.Ordinal));

    // A type parameter is in no namespace of its own, and the library takes those of like methods for one.
    private bool IsWithinRoot(IType type) => type is not GenericParameter && IsWithin(NameOf(type), root);

    private static string NameOf(IType type) => type.Namespace?.FullName ?? "";

    private string Station(IType type) => Part(type).Split('.')[0];

    private string Part(IType type) =>
        NameOf(type) is var name && name.Length > root.Length ? name[(root.Length + 1)..] : "";
}
