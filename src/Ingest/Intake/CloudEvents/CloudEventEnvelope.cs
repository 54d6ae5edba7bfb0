using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;
using Ingest.Intake.Http;
using Ingest.Intake.Json;

namespace Ingest.Intake.CloudEvents;

/// <summary>Reads a CloudEvent in the JSON format: checks its JSON and its attributes in one pass, and looks past its data.</summary>
internal static class CloudEventEnvelope
{
    private const string NameRule = "An attribute's name must consist of lower-case letters and digits.";

    /// <summary>
    /// Steps over the envelope that begins at the scanner's position. The problem, if there is one, names no index.
    /// </summary>
    /// <param name="scanner">Stands at the envelope's first byte.</param>
    /// <param name="body">What the scanner scans.</param>
    /// <param name="invalid">Where the body stops being UTF-8.</param>
    /// <param name="context">Takes the attributes.</param>
    internal static Problem Read(ref JsonScanner scanner, ReadOnlySpan<byte> body, int invalid, CloudEventContext context)
    {
        context.Begin();
        var start = scanner.Position;
        if (!scanner.TrySkip((byte)'{'))
        {
            return scanner.SkipValue() && invalid >= scanner.Position
                ? Invalid("A CloudEvent is a JSON object.", start)
                : JsonProblems.Malformed(scanner.Fault, scanner.Position, invalid);
        }
        scanner.SkipSpace();
        if (!scanner.TrySkip((byte)'}'))
        {
            do
            {
                var problem = ReadMember(ref scanner, body, invalid, context);
                if (!problem.IsNone)
                {
                    return problem;
                }
                scanner.SkipSpace();
            }
            while (scanner.TrySkip((byte)','));
            if (!scanner.TrySkip((byte)'}'))
            {
                scanner.Fail(JsonFault.CommaOrEndExpected, scanner.Position);
                return JsonProblems.Malformed(scanner.Fault, scanner.Position, invalid);
            }
        }
        return context.End() is { } missing ? Invalid(missing, start) : default;
    }

    private static Problem ReadMember(ref JsonScanner scanner, ReadOnlySpan<byte> body, int invalid, CloudEventContext context)
    {
        scanner.SkipSpace();
        var start = scanner.Position;
        if (!scanner.SkipString(JsonFault.NameExpected))
        {
            return JsonProblems.Malformed(scanner.Fault, scanner.Position, invalid);
        }
        var name = body[start..scanner.Position];
        scanner.SkipSpace();
        if (!scanner.TrySkip((byte)':'))
        {
            scanner.Fail(JsonFault.ColonExpected, scanner.Position);
            return JsonProblems.Malformed(scanner.Fault, scanner.Position, invalid);
        }
        scanner.SkipSpace();
        var valueStart = scanner.Position;
        if (!scanner.SkipValue(outer: 1) || invalid < scanner.Position)
        {
            return JsonProblems.Malformed(scanner.Fault, scanner.Position, invalid);
        }
        return Add(name, body[valueStart..scanner.Position], context) is { } reason ? Invalid(reason, start) : default;
    }

    /// <summary>What is wrong with a member, or null.</summary>
    private static string? Add(ReadOnlySpan<byte> quotedName, ReadOnlySpan<byte> value, CloudEventContext context)
    {
        if (!quotedName.Contains((byte)'\\'))
        {
            return AddNamed(quotedName[1..^1], value, context);
        }
        // Names are not written so, but it is JSON.
        Span<byte> name = stackalloc byte[256];
        return quotedName.Length <= name.Length && TryUnescape(quotedName, name, out var length)
            ? AddNamed(name[..length], value, context)
            : NameRule;
    }

    private static string? AddNamed(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value, CloudEventContext context)
    {
        if (name.SequenceEqual("data"u8))
        {
            return context.AddData();
        }
        if (value.SequenceEqual("null"u8))
        {
            // As good as absent.
            return CloudEventContext.IsName(name) || name.SequenceEqual("data_base64"u8)
                ? null
                : NameRule;
        }
        if (name.SequenceEqual("data_base64"u8))
        {
            return context.AddData() ?? (IsBase64(value) ? null : "The data_base64 must be text in Base64.");
        }
        return value[0] switch
        {
            (byte)'"' => AddText(name, value, context),
            _ when context.IsLenient && !CloudEventContext.IsRequired(name) =>
                context.Add(name, value[0] is (byte)'{' or (byte)'[' ? default : value),
            (byte)'{' or (byte)'[' => "An attribute's value must be text, an integer or a boolean.",
            _ when CloudEventContext.IsText(name) => "An attribute of the specification itself must be text.",
            (byte)'t' or (byte)'f' => context.Add(name, value),
            _ => Utf8Parser.TryParse(value, out int _, out var digits) && digits == value.Length
                ? context.Add(name, value)
                : "A number must be an integer of 32 bits.",
        };
    }

    private static string? AddText(ReadOnlySpan<byte> name, ReadOnlySpan<byte> quoted, CloudEventContext context)
    {
        if (!quoted.Contains((byte)'\\'))
        {
            return context.Add(name, quoted[1..^1]);
        }
        var rented = ArrayPool<byte>.Shared.Rent(quoted.Length);
        var reason = TryUnescape(quoted, rented, out var length)
            ? context.Add(name, rented.AsSpan(0, length))
            : "An attribute's value holds half of a surrogate pair.";
        ArrayPool<byte>.Shared.Return(rented);
        return reason;
    }

    private static bool IsBase64(ReadOnlySpan<byte> quoted)
    {
        if (quoted[0] != '"')
        {
            return false;
        }
        if (!quoted.Contains((byte)'\\'))
        {
            return Base64.IsValid(quoted[1..^1]);
        }
        // Some escape every slash.
        var rented = ArrayPool<byte>.Shared.Rent(quoted.Length);
        var valid = TryUnescape(quoted, rented, out var length) && Base64.IsValid(rented.AsSpan(0, length));
        ArrayPool<byte>.Shared.Return(rented);
        return valid;
    }

    /// <summary>False: there is half of a surrogate pair in it.</summary>
    private static bool TryUnescape(ReadOnlySpan<byte> quoted, Span<byte> target, out int length)
    {
        var reader = new Utf8JsonReader(quoted);
        reader.Read();
        try
        {
            length = reader.CopyString(target);
            return true;
        }
        catch (InvalidOperationException)
        {
            length = 0;
            return false;
        }
    }

    private static Problem Invalid(string reason, int offset) => new(ProblemKind.InvalidCloudEvent, reason, offset);
}
