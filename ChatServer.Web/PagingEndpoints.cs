using System.Globalization;
using ChatServer.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace ChatServer.Web;

/// <summary>Endpoint metadata: the response is a page. The description of the API contains the bounds of <c>limit</c>.</summary>
public sealed class PagingMetadata;

/// <summary>The policy for routes with the query parameters <c>limit</c> and <c>before</c>.</summary>
public static class PagingEndpoints
{
    /// <summary>
    /// Answers <c>400</c>, code <c>invalid-query</c>, if <c>limit</c> is not between 1 and <see cref="Limits.MaxPage"/>, or <c>before</c>
    /// is not a sequence.
    /// </summary>
    public static TBuilder ValidatePaging<TBuilder>(this TBuilder builder) where TBuilder : IEndpointConventionBuilder
    {
        builder.Add(endpoint =>
        {
            endpoint.Metadata.Add(new PagingMetadata());
            endpoint.DocumentProblem(StatusCodes.Status400BadRequest);
            endpoint.Guard(context => FindError(context.Request.Query) is { } error
                ? Problems.Of(StatusCodes.Status400BadRequest, ErrorCodes.InvalidQuery, error)
                : null);
        });
        return builder;
    }

    private static string? FindError(IQueryCollection query) =>
        !IsBetween(query["limit"], 1, Limits.MaxPage) ? $"limit is not a number from 1 to {Limits.MaxPage}."
        : !IsBetween(query["before"], 1, long.MaxValue) ? "before is not a sequence: a number from 1."
        : null;

    private static bool IsBetween(StringValues values, long min, long max) => values switch
    {
        [] => true,
        [var text] =>
            long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max,
        _ => false,
    };
}
