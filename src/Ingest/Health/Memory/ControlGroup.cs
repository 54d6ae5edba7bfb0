namespace Ingest.Health.Memory;

/// <summary>A mounted control group hierarchy and where in it this process is.</summary>
/// <param name="Version">1 or 2.</param>
/// <param name="Mount">Where the hierarchy is mounted.</param>
/// <param name="Path">The directory of the process's group: the mount itself or below it.</param>
internal sealed record ControlGroup(int Version, string Mount, string Path)
{
    /// <summary>The group's directory and those above it, up to the mount.</summary>
    internal IEnumerable<string> Upwards()
    {
        for (var path = Path; path.Length >= Mount.Length; path = path[..Math.Max(0, path.LastIndexOf('/'))])
        {
            yield return path;
            if (path.Length == Mount.Length || !path.Contains('/', StringComparison.Ordinal))
            {
                yield break;
            }
        }
    }

    /// <summary>
    /// The groups that can limit memory: of a hybrid machine both hierarchies, since only their files say which one has the controller.
    /// </summary>
    internal static IReadOnlyList<ControlGroup> Find(KernelFiles files)
    {
        if (files.Text("/proc/self/cgroup") is not { } membership || files.Text("/proc/self/mountinfo") is not { } mounts)
        {
            return [];
        }
        var groups = new List<ControlGroup>();
        foreach (var line in membership.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // hierarchy:controllers:path, and the path may hold colons.
            var fields = line.Split(':', 3);
            if (fields.Length == 3 && Hierarchy(fields[0], fields[1]) is { } version)
            {
                groups.AddRange(Mounts(mounts, version).Select(mount => Place(files, version, mount.Root, mount.Point, fields[2])));
            }
        }
        return groups;
    }

    private static int? Hierarchy(string hierarchy, string controllers) =>
        hierarchy == "0" && controllers.Length == 0 ? 2 : controllers.Split(',').Contains("memory") ? 1 : null;

    // 35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:9 - cgroup cgroup rw,memory
    private static IEnumerable<(string Root, string Point)> Mounts(string mountinfo, int version)
    {
        foreach (var line in mountinfo.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var halves = line.Split(" - ", 2);
            var (left, right) = (halves[0].Split(' '), halves.Length == 2 ? halves[1].Split(' ') : []);
            if (left.Length < 5 || right.Length < 3)
            {
                continue;
            }
            if (version == 2 ? right[0] == "cgroup2" : right[0] == "cgroup" && right[2].Split(',').Contains("memory"))
            {
                yield return (Unescape(left[3]), Unescape(left[4]).TrimEnd('/'));
            }
        }
    }

    // The membership names the path from the hierarchy's root, or from the namespace's; the mount shows the part below its own root. Where
    // they do not meet (a process moved out of its namespace, a container given the machine's view), the mount is the best that is visible.
    private static ControlGroup Place(KernelFiles files, int version, string root, string point, string path)
    {
        var above = root.TrimEnd('/');
        var below = (path + "/").StartsWith(above + "/", StringComparison.Ordinal) ? path[above.Length..] : path;
        var directory = point + below.TrimEnd('/');
        var visible = !below.Contains("..", StringComparison.Ordinal) && files.HasDirectory(directory);
        return new ControlGroup(version, point, visible ? directory : point);
    }

    // Spaces, tabs, newlines and backslashes come as three octal digits.
    private static string Unescape(string field) =>
        field.Replace(@"\040", " ", StringComparison.Ordinal)
            .Replace(@"\011", "\t", StringComparison.Ordinal)
            .Replace(@"\012", "\n", StringComparison.Ordinal)
            .Replace(@"\134", @"\", StringComparison.Ordinal);
}
