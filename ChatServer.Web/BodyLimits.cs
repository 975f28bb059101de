using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ChatServer.Web;

/// <summary>
/// The largest body that a service accepts. Kestrel's own limit closes the connection with unread bytes in it; the reset can overtake the
/// response, and a load balancer then answers 502. Its limit is therefore <see cref="DrainFactor"/> times as high: it discards the rest
/// of a refused body, and the caller gets the response.
/// </summary>
public static class BodyLimits
{
    private const int DrainFactor = 16;

    /// <summary>Refuses bodies above <paramref name="bytes"/> with <c>413</c>, code <c>payload-too-large</c>.</summary>
    public static void LimitBodies(this WebApplicationBuilder builder, long bytes)
    {
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Limits.MaxRequestBodySize = DrainFactor * bytes);
        builder.Services.AddSingleton(new BodyLimit(bytes));
    }

    internal static void UseBodyLimit(this WebApplication app)
    {
        if (app.Services.GetService<BodyLimit>() is not { } limit) return;
        app.Use((context, next) =>
        {
            context.Request.Body = new LimitedBody(context.Request.Body, context.Request.ContentLength, limit.Bytes);
            return next(context);
        });
    }

    private sealed record BodyLimit(long Bytes);

    /// <summary>Fails at the first read if the length is known, otherwise when the limit is exceeded.</summary>
    private sealed class LimitedBody(Stream body, long? length, long limit) : Stream
    {
        private long _read = length ?? 0;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            ThrowIfExceeded();
            var read = await body.ReadAsync(buffer, cancellationToken);
            if (length is null) _read += read;
            ThrowIfExceeded();
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private void ThrowIfExceeded()
        {
            if (_read > limit)
                throw new BadHttpRequestException($"The body exceeds {limit} bytes.", StatusCodes.Status413PayloadTooLarge);
        }
    }
}
