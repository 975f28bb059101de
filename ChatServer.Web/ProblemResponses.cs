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
/// Makes a problem of every error that no endpoint worded itself: exceptions, bodies that cannot be read, and the bare
/// statuses of routing (404, 405, 415). A service adds its own wordings, which come first: see <see cref="ProblemHandlers"/>.
/// </summary>
public static class ProblemResponses
{
    internal static void AddProblems(this WebApplicationBuilder builder)
    {
        builder.Services.AddProblemDetails();
        // Thrown, the reason reaches Word(). Otherwise a bad body is a bare 400.
        builder.Services.Configure<RouteHandlerOptions>(options => options.ThrowOnBadRequest = true);
    }

    /// <summary>Turns every error that leaves the endpoints without a body into a problem. Call it before other middleware, which it then covers.</summary>
    public static void UseProblems(this WebApplication app)
    {
        // Not the framework's own writer: it looks at Accept, and answers a browser with text/plain or nothing.
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = context => ForException(context.Features.Get<IExceptionHandlerFeature>()!).ExecuteAsync(context),
            // Not our defects: what the caller got wrong, and what a service has a wording for.
            SuppressDiagnosticsCallback = handled => handled.Exception is BadHttpRequestException
                || handled.ExceptionHandledBy == ExceptionHandledType.ExceptionHandlerService,
        });
        app.UseStatusCodePages(pages => ForStatus(pages.HttpContext.Response.StatusCode).ExecuteAsync(pages.HttpContext));
    }

    private static ProblemHttpResult ForStatus(int status) => Problems.Of(status, $"{ReasonPhrases.GetReasonPhrase(status)}.");

    private static ProblemHttpResult ForException(IExceptionHandlerFeature failed) => failed.Error switch
    {
        // System.Text.Json nests a syntax error in the error of the value that it interrupted.
        BadHttpRequestException { InnerException: JsonException { InnerException: JsonException syntax } } => Problems.Of(
            StatusCodes.Status400BadRequest, ErrorCodes.InvalidJson, $"The body is not JSON: line {syntax.LineNumber + 1}, byte {syntax.BytePositionInLine}."),
        BadHttpRequestException { InnerException: JsonException shape } => Problems.Of(
            StatusCodes.Status400BadRequest, ErrorCodes.InvalidBody, $"The body lacks a member, or has an unknown one or a bad value, at {shape.Path}."),
        BadHttpRequestException bad when bad.StatusCode != StatusCodes.Status400BadRequest => ForStatus(bad.StatusCode),
        // Without a reason inside, what was to be bound is empty, or no value of its type. The message names our types: not shown.
        BadHttpRequestException when failed.Endpoint?.Metadata.GetMetadata<IAcceptsMetadata>() is not null => Problems.Of(
            StatusCodes.Status400BadRequest, ErrorCodes.InvalidBody, "This call takes a JSON object as its body."),
        BadHttpRequestException => Problems.Of(StatusCodes.Status400BadRequest, ErrorCodes.InvalidQuery, "A parameter of the query has a bad value."),
        _ => Problems.Of(StatusCodes.Status500InternalServerError, "The server failed to answer this call; its log says why."),
    };
}
