using System.Security.Cryptography;

namespace Tunewise.Training.Tensors;

/// <summary>Takes the elements of one tensor, and no byte more.</summary>
internal sealed class CountedStream(Stream target, IncrementalHash hash, TensorInfo tensor) : Stream
{
    private long _written;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => _written;
        set => throw new NotSupportedException();
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _written += buffer.Length;
        if (_written > tensor.ByteCount) throw Wrong("more");
        hash.AppendData(buffer);
        target.Write(buffer);
    }

    /// <exception cref="InvalidOperationException">There were fewer bytes than the tensor has.</exception>
    public void CheckComplete()
    {
        if (_written < tensor.ByteCount) throw Wrong("fewer");
    }

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private InvalidOperationException Wrong(string than) =>
        new($"tensor '{tensor.Name}' has {tensor.ByteCount} bytes, and {than} were written ({_written})");
}
