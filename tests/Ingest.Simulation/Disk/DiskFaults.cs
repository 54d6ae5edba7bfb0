using Ingest.Wal.Storage;

namespace Ingest.Simulation.Disk;

/// <summary>Failures to come: each fails one operation of its kind after so many that still succeed; or the power goes after so many of
/// any kind.</summary>
public sealed class DiskFaults
{
    private readonly List<Fault> _faults = [];
    private int _powerCutIn = -1;

    /// <summary>Told of every operation, before it is done or fails.</summary>
    public Action<string>? Trace { get; set; }

    /// <summary>Operations that change the disk, since the disk was made.</summary>
    public int Changes { get; private set; }

    /// <summary>Failures that have happened.</summary>
    public int Fired { get; private set; }

    /// <summary>True once the power is gone: every operation fails until the disk has crashed.</summary>
    public bool PowerIsCut { get; private set; }

    /// <summary>Lets <paramref name="after"/> operations of the kind pass and fails the next one.</summary>
    public void FailNext(DiskOperation operation, StorageFailure failure, int after = 0, string nameContains = "") =>
        _faults.Add(new Fault(operation, failure, nameContains) { Remaining = after });

    /// <summary>Cuts the power at the change that comes after <paramref name="changes"/> more.</summary>
    public void CutPowerAfter(int changes) => _powerCutIn = changes;

    /// <summary>No failure is to come any more.</summary>
    public void Clear()
    {
        _faults.Clear();
        _powerCutIn = -1;
        PowerIsCut = false;
    }

    /// <summary>Null: go on. Otherwise how the operation fails. Throws when the power is cut.</summary>
    internal StorageFailure? Check(DiskOperation operation, string name)
    {
        Trace?.Invoke($"{operation} {name}");
        if (operation is not (DiskOperation.Read or DiskOperation.Open))
        {
            Changes++;
            if (_powerCutIn >= 0 && _powerCutIn-- == 0)
            {
                PowerIsCut = true;
            }
        }
        if (PowerIsCut)
        {
            throw new PowerCutException();
        }
        if (_faults.Count == 0)
        {
            return null;
        }
        var due = _faults.Find(fault => fault.Operation == operation && name.Contains(fault.NameContains, StringComparison.Ordinal)
            && fault.Remaining-- == 0);
        if (due is not null)
        {
            _faults.Remove(due);
            Fired++;
        }
        return due?.Failure;
    }

    private sealed record Fault(DiskOperation Operation, StorageFailure Failure, string NameContains)
    {
        public int Remaining { get; set; }
    }
}
