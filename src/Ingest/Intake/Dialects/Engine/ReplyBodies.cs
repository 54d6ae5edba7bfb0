using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Engine;

/// <summary>Reads the bodies of requests that bring no events, under the limits of every body.</summary>
internal sealed class ReplyBodies(IntakeParts parts)
{
    /// <summary>
    /// The whole body as it was sent. Null where it is larger, broken or too slow, or there is no memory for it: the connection ends with
    /// the answer, because nothing can follow a body that was not read.
    /// </summary>
    internal async ValueTask<byte[]?> ReadAsync(HttpContext context, int bytesMax)
    {
        var request = context.Request;
        if (request.ContentLength > bytesMax)
        {
            Answers.CloseConnection(context);
            return null;
        }
        var body = await parts.Arrival.ReadAsync(request.BodyReader, request.ContentLength);
        if (body.IsGone)
        {
            context.Abort();
            return null;
        }
        var whole = body.Problem.IsNone && body.Length <= bytesMax ? body.Bytes.ToArray() : null;
        parts.Budget.Release(body);
        if (whole is null)
        {
            Answers.CloseConnection(context);
        }
        return whole;
    }
}
