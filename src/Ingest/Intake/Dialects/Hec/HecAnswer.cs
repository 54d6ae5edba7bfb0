using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Hec;

/// <summary>An answer of the collector: a status, a text and a code, as Splunk's documentation lists them.</summary>
internal sealed record HecAnswer(int Status, int Code, string Text)
{
    internal static readonly HecAnswer Success = new(200, 0, "Success");
    internal static readonly HecAnswer NoToken = new(401, 2, "Token is required");
    internal static readonly HecAnswer InvalidToken = new(403, 4, "Invalid token");
    internal static readonly HecAnswer NoData = new(400, 5, "No data");
    internal static readonly HecAnswer InvalidData = new(400, 6, "Invalid data format");
    internal static readonly HecAnswer IncorrectIndex = new(400, 7, "Incorrect index");
    internal static readonly HecAnswer InternalError = new(500, 8, "Internal server error");
    internal static readonly HecAnswer Busy = new(503, 9, "Server is busy");
    internal static readonly HecAnswer NoChannel = new(400, 10, "Data channel is missing");
    internal static readonly HecAnswer NoEvent = new(400, 12, "Event field is required");
    internal static readonly HecAnswer BlankEvent = new(400, 13, "Event field cannot be blank");
    internal static readonly HecAnswer NoAcks = new(400, 14, "ACK is disabled");
    internal static readonly HecAnswer BadFields = new(400, 15, "Error in handling indexed fields");
    internal static readonly HecAnswer Healthy = new(200, 17, "HEC is healthy");
    internal static readonly HecAnswer Unhealthy = new(503, 18, "HEC is unhealthy, queues are full");
    internal static readonly HecAnswer TooLarge = new(413, 27, "Request entity too large");

    /// <summary>Writes it, with further members of the object, each beginning with a comma.</summary>
    internal void Write(HttpContext context, string members = "") => DialectResponse.WriteJson(
        context, Status, $"{{\"text\":{DialectResponse.Quoted(Text)},\"code\":{DialectResponse.Text(Code)}{members}}}");
}
