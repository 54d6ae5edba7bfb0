using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Hec;

/// <summary>What producers ask the collector beside sending: whether it is healthy, and whether events arrived.</summary>
/// <remarks>
/// An acknowledgement needs no state: its id is a sequence number, told only after the flush, so whether it is durable or settled is one
/// comparison, also after a restart. Splunk forgets a status once it was asked for; here the answer stays true.
/// </remarks>
internal sealed class HecReplies(HecDialectOptions options)
{
    private const int BodyBytesMax = 1024 * 1024;

    internal static Task OptionsAsync(HttpContext context, IDialectNode node)
    {
        context.Response.Headers.Allow = "POST, OPTIONS";
        DialectResponse.WriteEmpty(context, StatusCodes.Status200OK);
        return Task.CompletedTask;
    }

    internal static Task HealthAsync(HttpContext context, IDialectNode node)
    {
        context.Response.Headers.CacheControl = "no-store";
        (node.IsReady ? HecAnswer.Healthy : HecAnswer.Unhealthy).Write(context);
        return Task.CompletedTask;
    }

    internal async Task AckAsync(HttpContext context, IDialectNode node)
    {
        var credentials = HecIntake.Credentials(context.Request);
        if (!node.Knows(context.Request, credentials))
        {
            (credentials.IsEmpty ? HecAnswer.NoToken : HecAnswer.InvalidToken).Write(context);
        }
        else if (options.Ack == HecAck.Off)
        {
            HecAnswer.NoAcks.Write(context);
        }
        else if (!HecIntake.HasChannel(context.Request))
        {
            HecAnswer.NoChannel.Write(context);
        }
        else if (await node.ReadBodyAsync(context, BodyBytesMax) is not { } body || Ids(body) is not { } ids)
        {
            HecAnswer.InvalidData.Write(context);
        }
        else
        {
            var durable = node.DurableSequence;
            Answer(context, ids, id => id > 0 && id <= durable && (options.Ack != HecAck.Delivered || node.IsSettled(id)));
        }
    }

    private static void Answer(HttpContext context, List<long> ids, Func<long, bool> isReached)
    {
        var text = new StringBuilder("{\"acks\":{");
        foreach (var id in ids)
        {
            text.Append(text[^1] == '{' ? "\"" : ",\"").Append(id).Append("\":").Append(isReached(id) ? "true" : "false");
        }
        DialectResponse.WriteJson(context, StatusCodes.Status200OK, text.Append("}}").ToString());
    }

    /// <summary>The ids of <c>{"acks":[1,2,3]}</c>; null where the body is something else.</summary>
    private static List<long>? Ids(byte[] body)
    {
        try
        {
            return Read(body);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static List<long>? Read(byte[] body)
    {
        var reader = new Utf8JsonReader(body);
        List<long>? ids = null;
        while (reader.Read())
        {
            if (reader.TokenType == JsonTokenType.PropertyName && reader.CurrentDepth == 1 && reader.ValueTextEquals("acks"u8))
            {
                ids = [];
                if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
                {
                    return null;
                }
                while (reader.Read() && reader.TokenType == JsonTokenType.Number)
                {
                    if (!reader.TryGetInt64(out var id))
                    {
                        return null;
                    }
                    ids.Add(id);
                }
                if (reader.TokenType != JsonTokenType.EndArray)
                {
                    return null;
                }
            }
        }
        return ids;
    }
}
