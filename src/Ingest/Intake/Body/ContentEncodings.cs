using Ingest.Intake.Http;
using Microsoft.Extensions.Primitives;

namespace Ingest.Intake.Body;

/// <summary>How a body is compressed.</summary>
internal enum ContentEncoding : byte
{
    /// <summary>gzip, RFC 1952; several members one after another count as one body.</summary>
    GZip,

    /// <summary>Brotli, RFC 7932.</summary>
    Brotli,

    /// <summary>deflate: zlib's format, RFC 1950, as HTTP means it, or the bare RFC 1951 that many send under that name.</summary>
    Deflate,

    /// <summary>Zstandard, RFC 8878, with a window of at most 8 MiB (RFC 9659); several frames count as one body.</summary>
    Zstd,

    /// <summary>One block of Snappy. HTTP has no name for it: only what a dialect says is packed so.</summary>
    Snappy,
}

/// <summary>From Content-Encoding to the steps that undo it.</summary>
internal static class ContentEncodings
{
    /// <summary>What is taken, as the answer to a request with something else says it.</summary>
    internal const string Accepted = "gzip, br, deflate, zstd";

    /// <summary>Most encodings on top of each other. Honest clients use one.</summary>
    internal const int LayersMax = 3;

    private static readonly ContentEncoding[] None = [];
    private static readonly ContentEncoding[] OnlyGZip = [ContentEncoding.GZip];

    /// <summary>The encodings in the order they were applied; null, with the problem, where one is unknown.</summary>
    internal static ContentEncoding[]? Find(StringValues header, out Problem problem)
    {
        problem = default;
        if (header.Count == 0)
        {
            return None;
        }
        var text = header.ToString();
        if (text == "gzip")
        {
            return OnlyGZip;
        }
        var layers = new List<ContentEncoding>(LayersMax);
        foreach (var name in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            if (name.Equals("identity", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }
            ContentEncoding? layer = name.ToLowerInvariant() switch
            {
                "gzip" or "x-gzip" => ContentEncoding.GZip,
                "br" => ContentEncoding.Brotli,
                "deflate" => ContentEncoding.Deflate,
                "zstd" => ContentEncoding.Zstd,
                _ => null,
            };
            if (layer is null || layers.Count == LayersMax)
            {
                problem = new Problem(
                    ProblemKind.UnsupportedEncoding, $"Taken are {Accepted}, at most {LayersMax} on top of each other.");
                return null;
            }
            layers.Add(layer.Value);
        }
        return layers.Count == 0 ? None : [.. layers];
    }
}
