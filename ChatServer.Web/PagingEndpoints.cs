using System.Globalization;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ChatServer.Web;

/// <summary>Endpoint metadata: the answer is a page. Read by whatever describes the endpoints.</summary>
public sealed class PagingMetadata;

/// <summary>The policy "a page of a sensible size", for routes with the query parameters <c>limit</c> and <c>before</c>.</summary>
public static class PagingEndpoints
{
    /// <summary>
    /// Answers <c>400</c>, code <c>invalid-query</c>, when <c>limit</c> is not 1 to <see cref="Limits.MaxPage"/>, or <c>before</c>
    /// not a sequence.
    /// </summary>
    public static TBuilder ValidatePaging<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            endpoint.Metadata.Add(new PagingMetadata());
            endpoint.DocumentProblem(StatusCodes.Status400BadRequest);
            var next = endpoint.RequestDelegate ?? throw new InvalidOperationException(
                $"{endpoint.DisplayName} has no request delegate to guard.");
            endpoint.RequestDelegate = context => FindError(context.Request.Query) is { } complaint
                ? Problems.Of(StatusCodes.Status400BadRequest, ErrorCodes.InvalidQuery, complaint).ExecuteAsync(context)
                : next(context);
        });
        return builder;
    }

    private static string? FindError(IQueryCollection query) =>
        !IsBetween(query["limit"], 1, Limits.MaxPage) ? $"limit is not a number from 1 to {Limits.MaxPage}."
        : !IsBetween(query["before"], 1, long.MaxValue) ? "before is not a sequence: a number from 1."
        : null;

    private static bool IsBetween(StringValues values, long least, long most) => values switch
    {
        [] => true,
        [var text] => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most,
        _ => false,
    };
}
