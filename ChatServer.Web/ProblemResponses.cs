using System.Text.Json;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Web;

/// <summary>
/// Answers problem details for errors that no endpoint handles: exceptions, unreadable bodies, and the statuses of routing without a body
/// (404, 405, 415). The handlers of a service come first: see <see cref="ProblemHandlers"/>.
/// </summary>
public static class ProblemResponses
{
    internal static void AddProblems(this WebApplicationBuilder builder)
    {
        builder.Services.AddProblemDetails();
        // The exception carries the reason to ForException. Otherwise an invalid body is a 400 without a body.
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
    }

    /// <summary>Gives problem details to every error response without a body. Covers the middleware that is added after it.</summary>
    public static void UseProblems(this WebApplication app)
    {
        // The framework's writer honours Accept, and answers a browser in plain text or not at all.
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = context => ForException(context.Features.Get<IExceptionHandlerFeature>()!).ExecuteAsync(context),
            // Not logged as errors: mistakes of the caller, and conditions for which the service has a handler.
            SuppressDiagnosticsCallback = handled => handled.Exception is BadHttpRequestException
                || handled.ExceptionHandledBy == ExceptionHandledType.ExceptionHandlerService,
        });
        app.UseRequestLimits();
        app.RequireValidHost();
        app.UseBodyLimit();
        app.UseStatusCodePages(pages => ForStatus(pages.HttpContext.Response.StatusCode).ExecuteAsync(pages.HttpContext));
    }

    private static ProblemHttpResult ForStatus(int status) => Problems.Of(status, $"{ReasonPhrases.GetReasonPhrase(status)}.");

    private static ProblemHttpResult ForException(IExceptionHandlerFeature failed) => failed.Error switch
    {
        // System.Text.Json nests a syntax error in the error of the value that contains it.
        BadHttpRequestException { InnerException: JsonException { InnerException: JsonException syntax } } => Problems.Of(
            StatusCodes.Status400BadRequest, ErrorCodes.InvalidJson,
            $"The body is not JSON: line {syntax.LineNumber + 1}, byte {syntax.BytePositionInLine}."),
        BadHttpRequestException { InnerException: JsonException shape } => Problems.Of(
            StatusCodes.Status400BadRequest, ErrorCodes.InvalidBody,
            $"A member of the body is missing, unknown or has an invalid value, at {shape.Path}."),
        BadHttpRequestException bad when bad.StatusCode != StatusCodes.Status400BadRequest => ForStatus(bad.StatusCode),
        // Without an inner exception, the body is missing or not an object. The message contains names of types and is not shown.
        BadHttpRequestException when failed.Endpoint?.Metadata.GetMetadata<IAcceptsMetadata>() is not null => Problems.Of(
            StatusCodes.Status400BadRequest, ErrorCodes.InvalidBody, "This call requires a JSON object as its body."),
        BadHttpRequestException => Problems.Of(
            StatusCodes.Status400BadRequest, ErrorCodes.InvalidQuery, "A parameter of the query has an invalid value."),
        _ => Problems.Of(StatusCodes.Status500InternalServerError, "An error occurred in the server; its log contains the cause."),
    };
}
