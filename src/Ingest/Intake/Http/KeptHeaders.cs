using System.Text;
using Ingest.Events;
using Ingest.Intake.Body;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Http;

/// <summary>
/// The request's headers that are kept with each of its events as attributes, and delivered with them (<c>Intake:KeepHeaders</c>). What has
/// no room, or is no text, is left out: a header the node was not sent for refuses no event.
/// </summary>
/// <param name="names">The headers' names. Credentials are none of them (<see cref="IntakeRules"/>).</param>
internal sealed class KeptHeaders(IReadOnlyList<string> names)
{
    /// <summary>Most bytes of one header's value.</summary>
    internal const int ValueBytesMax = 4096;

    /// <summary>Most bytes of all that are kept of a request.</summary>
    internal const int BytesMax = 8192;

    private readonly (string Name, byte[] Attribute)[] _headers =
        [.. names.Select(name => (name, Encoding.ASCII.GetBytes(name.ToLowerInvariant())))];

    /// <summary>Writes those that are there. Several of one name are one value, with commas between (RFC 9110, section 5.3).</summary>
    internal void Write(IHeaderDictionary headers, ScratchBuffer attributes)
    {
        var left = BytesMax;
        foreach (var (name, attribute) in _headers)
        {
            if (!headers.TryGetValue(name, out var values) || values.Count == 0)
            {
                continue;
            }
            var value = values.Count == 1 ? values.ToString() : string.Join(", ", values.ToArray());
            var length = Encoding.UTF8.GetByteCount(value);
            if (length <= ValueBytesMax && length + attribute.Length <= left && HeaderText.IsReadable(value))
            {
                EventEncoder.WriteAttribute(attributes, attribute, Encoding.UTF8.GetBytes(value));
                left -= length + attribute.Length;
            }
        }
    }
}
